#include "support/registry_laws.hpp"

using namespace anywire;
using namespace anywire::test;

TEST_CASE("a session is the node's that claims it first, until it is released") {
    check_first_claim_counts(asked_registry(make_memory_registry()));
}

TEST_CASE("sessions of a node that does not live are nobody's") {
    check_dead_nodes_have_nothing(asked_registry(make_memory_registry()), GENERATE(true, false));
}

TEST_CASE("two nodes have not the same id") {
    check_ids_are_unique(asked_registry(make_memory_registry()));
}

TEST_CASE("a claim that is not renewed ends") {
    asked_registry all(make_memory_registry());
    CHECK(!all.announce({"aaaa", "127.0.0.1:1"}));
    CHECK(all.claim("s", "aaaa", std::chrono::milliseconds(0)) == "aaaa");
    CHECK(all.find("s").empty());
}

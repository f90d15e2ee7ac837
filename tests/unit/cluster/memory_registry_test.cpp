#include <anywire/session_registry.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <string>

using namespace anywire;
using namespace std::chrono_literals;

namespace {

struct asking {
    std::shared_ptr<session_registry> registry = make_memory_registry();

    error_code announce(registered_node node, std::chrono::milliseconds lives = 1h) {
        error_code out;
        registry->announce(std::move(node), lives, [&](error_code ec) { out = ec; });
        return out;
    }
    std::string claim(std::string session, std::string node, std::chrono::milliseconds lives = 1h) {
        std::string out;
        registry->claim(std::move(session), std::move(node), lives, [&](error_code, auto owner) {
            out = owner;
        });
        return out;
    }
    std::string find(std::string session) {
        std::string out;
        registry->find(std::move(session), [&](error_code, auto owner) { out = owner; });
        return out;
    }
    std::size_t nodes() {
        std::size_t out = 0;
        registry->list([&](error_code, auto all) { out = all.size(); });
        return out;
    }
};

}  // namespace

TEST_CASE("a session is the node's that claims it first, until it is released") {
    asking all;
    CHECK(!all.announce({"aaaa", "127.0.0.1:1"}));
    CHECK(!all.announce({"bbbb", "127.0.0.1:2"}));
    CHECK(all.nodes() == 2);
    CHECK(all.find("s").empty());
    CHECK(all.claim("s", "aaaa") == "aaaa");
    CHECK(all.claim("s", "bbbb") == "aaaa");
    CHECK(all.claim("s", "aaaa") == "aaaa");
    CHECK(all.find("s") == "aaaa");
    all.registry->release("s", "bbbb");
    CHECK(all.find("s") == "aaaa");
    all.registry->release("s", "aaaa");
    CHECK(all.find("s").empty());
    CHECK(all.claim("s", "bbbb") == "bbbb");
}

TEST_CASE("sessions of a node that does not live are nobody's") {
    asking all;
    CHECK(!all.announce({"aaaa", "127.0.0.1:1"}));
    CHECK(!all.announce({"bbbb", "127.0.0.1:2"}));
    CHECK(all.claim("s", "aaaa") == "aaaa");
    SECTION("it was withdrawn") {
        all.registry->withdraw("aaaa");
    }
    SECTION("it said nothing for too long") {
        CHECK(!all.announce({"aaaa", "127.0.0.1:1"}, 0ms));
    }
    CHECK(all.nodes() == 1);
    CHECK(all.find("s").empty());
    CHECK(all.claim("s", "bbbb") == "bbbb");
}

TEST_CASE("a claim that is not renewed ends") {
    asking all;
    CHECK(!all.announce({"aaaa", "127.0.0.1:1"}));
    CHECK(all.claim("s", "aaaa", 0ms) == "aaaa");
    CHECK(all.find("s").empty());
}

TEST_CASE("two nodes have not the same id") {
    asking all;
    CHECK(!all.announce({"aaaa", "127.0.0.1:1"}));
    CHECK(!all.announce({"aaaa", "127.0.0.1:1"}));
    CHECK(all.announce({"aaaa", "127.0.0.1:2"}) == boost::system::errc::address_in_use);
}

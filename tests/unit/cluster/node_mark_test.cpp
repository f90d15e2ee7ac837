#include "node_mark.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace anywire;

namespace {

node_mark const mark({1, 2});

}  // namespace

TEST_CASE("a node's id is four characters that stand for its number") {
    CHECK(node_id_of(0) == "AAAA");
    CHECK(node_id_of(most_nodes - 1) == "____");
    for (node_number const n : {0u, 1u, 63u, 64u, 4095u, 123'456u, most_nodes - 1})
        CHECK(node_number_of(node_id_of(n)) == n);
    CHECK(!node_number_of(""));
    CHECK(!node_number_of("AAA"));
    CHECK(!node_number_of("AAAAA"));
    CHECK(!node_number_of("AAA="));
    CHECK(!node_number_of(std::string("AAA\0", 4)));
}

TEST_CASE("a marked id says its node to who has the key") {
    std::string id("abcdefghijklmnop");
    mark.append(id, 77);
    CHECK(id.size() == 20);
    CHECK(
        id.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
        std::string::npos);
    CHECK(mark.read(id) == 77u);
    CHECK(node_mark({1, 3}).read(id) != 77u);
}

TEST_CASE("the mark of an id changes with each of its characters") {
    std::string const before("abcdefghijklmnop");
    auto id = before;
    mark.append(id, 77);
    for (std::size_t i = 0; i < before.size(); ++i) {
        auto other = id;
        other[i] = other[i] == 'x' ? 'y' : 'x';
        CHECK(mark.read(other) != 77u);
    }
}

TEST_CASE("two ids of one node have marks that look unlike") {
    std::string one("abcdefghijklmnop");
    std::string other("abcdefghijklmnoq");
    mark.append(one, 5);
    mark.append(other, 5);
    CHECK(one.substr(16) != other.substr(16));
}

TEST_CASE("what is too short or of other characters has no mark") {
    CHECK(!mark.read(""));
    CHECK(!mark.read("abcdefghijklmnopqrs"));
    CHECK(!mark.read("abcdefghijklmnop%41A"));
}

#include "owner_cache.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace anywire;
using relay::owner_cache;

TEST_CASE("the cache knows where a session is until that is old") {
    owner_cache cache({1, 2}, 10, 100);
    CHECK(!cache.find("a", 0));
    cache.learn("a", 7, 0);
    CHECK(cache.find("a", 99) == 7u);
    CHECK(!cache.find("a", 100));
    cache.learn("a", 8, 200);
    CHECK(cache.find("a", 201) == 8u);
    cache.forget("a");
    CHECK(!cache.find("a", 201));
    cache.forget("a");
}

TEST_CASE("the cache keeps what is asked for, and no more than twice its bound") {
    owner_cache cache({1, 2}, 10, 1'000'000);
    cache.learn("kept", 7, 0);
    for (unsigned i = 0; i < 1000; ++i) {
        cache.learn(std::to_string(i), i, i);
        CHECK(cache.find("kept", i) == 7u);
        CHECK(cache.size() <= 20);
    }
    CHECK(!cache.find("3", 1000));
    CHECK(cache.find("999", 1000) == 999u);
}

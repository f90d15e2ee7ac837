#include "core/pointer_list.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstddef>
#include <random>
#include <set>
#include <vector>

using namespace anywire;

namespace {

std::vector<int*> all_of(pointer_list<int> const& l) {
    return {l.begin(), l.end()};
}

}  // namespace

TEST_CASE("few pointers stay in their order and have no index") {
    std::vector<int> things(pointer_list<int>::few);
    pointer_list<int> list;
    for (auto& t : things) list.add(t);
    CHECK_FALSE(list.has_index());
    list.remove(things[1]);
    list.remove(things[1]);
    REQUIRE(list.size() == things.size() - 1);
    CHECK(*list.begin() == &things[0]);
    CHECK(*(list.begin() + 1) == &things[2]);
    CHECK(&list.back() == &things.back());
}

TEST_CASE("many pointers have an index, and are nowhere looked for one by one") {
    std::vector<int> things(10'000);
    pointer_list<int> list;
    for (int round = 0; round < 3; ++round) {
        for (auto& t : things) list.add(t);
        for (auto& t : things) {
            // Without an index there is little to look through.
            CHECK((list.has_index() || list.size() <= pointer_list<int>::few));
            list.remove(t);
        }
        CHECK(list.empty());
        CHECK_FALSE(list.has_index());
        CHECK(list.capacity() <= pointer_list<int>::few);
    }
}

TEST_CASE("whatever is added and removed, the list holds what a set would") {
    std::vector<int> things(200);
    std::minstd_rand random(7);
    pointer_list<int> list;
    std::set<int*> model;
    for (int step = 0; step < 20'000; ++step) {
        // Long ways up and down, across the number where the index comes and goes.
        auto const up = step / 300 % 2 == 0;
        auto& t = things[random() % things.size()];
        if (up && model.insert(&t).second) list.add(t);
        if (!up) {
            list.remove(t);
            model.erase(&t);
        }
        auto const all = all_of(list);
        REQUIRE(all.size() == model.size());
        REQUIRE(std::set<int*>(all.begin(), all.end()) == model);
        REQUIRE((list.has_index() || list.size() <= pointer_list<int>::few));
    }
    while (!list.empty()) list.remove(list.back());
    CHECK(list.empty());
}

// Named sets of members, and each member's list of them.
#include "hub/rooms.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

using namespace anywire;
using strings = std::vector<std::string>;

namespace {

struct member {
    int number;
    hub::room_list<member> mine{};
};
using table = hub::room_table<member>;

constexpr siphash_key key{1, 2};

}  // namespace

TEST_CASE("a room comes to be with its first member and goes with its last") {
    table all(key);
    member a{1};
    member b{2};
    CHECK(all.find("r") == nullptr);
    auto const* const r = all.join(a, a.mine, "r");
    REQUIRE(r);
    CHECK(r->name == "r");
    CHECK(all.join(a, a.mine, "r") == nullptr);
    CHECK(all.join(b, b.mine, "r") == r);
    CHECK(all.members("r") == 2);
    CHECK(all.is_in(a, "r"));
    CHECK(a.mine.size() == 1);
    CHECK(all.leave(a, a.mine, "r"));
    CHECK_FALSE(all.leave(a, a.mine, "r"));
    CHECK_FALSE(all.leave(a, a.mine, "never"));
    CHECK_FALSE(all.is_in(a, "r"));
    CHECK(all.members("r") == 1);
    CHECK(all.leave(b, b.mine, "r"));
    CHECK(all.size() == 0);
    CHECK(b.mine.empty());
}

TEST_CASE("who leaves is told of while the room is still there") {
    table all(key);
    member a{1};
    for (auto const* name : {"x", "y", "z"}) (void)all.join(a, a.mine, name);
    strings left;
    auto const tell = [&](table::room_type const& r) {
        left.push_back(r.name);
        CHECK(r.members.contains(&a));
    };
    CHECK(all.leave(a, a.mine, "y", tell));
    all.leave_all(a, a.mine, tell);
    CHECK(left == strings{"y", "z", "x"});
    CHECK(all.size() == 0);
    all.leave_all(a, a.mine, tell);
    CHECK(left.size() == 3);
}

TEST_CASE("rooms are what a model of them says, after any joins and leaves") {
    std::mt19937 random(7);
    table all(key);
    std::vector<std::unique_ptr<member>> members;
    for (int i = 0; i < 40; ++i) members.push_back(std::make_unique<member>(member{i}));
    std::map<std::string, std::set<int>> model;
    for (int step = 0; step < 20'000; ++step) {
        auto& m = *members[random() % members.size()];
        auto const name = std::to_string(random() % 60);
        switch (random() % 8) {
            case 0:
                for (auto& [n, who] : model) who.erase(m.number);
                all.leave_all(m, m.mine);
                break;
            case 1:
            case 2: CHECK(all.leave(m, m.mine, name) == (model[name].erase(m.number) != 0)); break;
            default:
                CHECK((all.join(m, m.mine, name) != nullptr) ==
                      model[name].insert(m.number).second);
        }
        CHECK(all.members(name) == model[name].size());
        std::erase_if(model, [](auto const& each) { return each.second.empty(); });
    }
    CHECK(all.size() == model.size());
    std::size_t seen = 0;
    all.for_each([&](table::room_type const& r) {
        ++seen;
        CHECK(r.members.size() == model[r.name].size());
    });
    CHECK(seen == model.size());
    for (auto const& m : members) all.leave_all(*m, m->mine);
    CHECK(all.size() == 0);
}

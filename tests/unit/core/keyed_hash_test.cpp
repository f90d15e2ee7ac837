#include "core/keyed_hash.hpp"

#include "support/colliding_names.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <set>
#include <string>
#include <string_view>

using namespace anywire;
using namespace anywire::test;

namespace {

constexpr siphash_key key{0x0706050403020100u, 0x0f0e0d0c0b0a0908u};

std::size_t comparisons = 0;

struct counting_equal {
    using is_transparent = void;
    bool operator()(std::string_view a, std::string_view b) const noexcept {
        ++comparisons;
        return a == b;
    }
};

struct thing {
    std::string name{};
    int value = 0;
};

}  // namespace

TEST_CASE("names that collide under std::hash do not under a key") {
    auto const names = colliding_names(16'000);
#ifdef __GLIBCXX__
    std::set<std::size_t> unkeyed;
    for (auto const& n : names) unkeyed.insert(std::hash<std::string_view>{}(n));
    REQUIRE(unkeyed.size() == 1);
#endif
    CHECK(std::set<std::string>(names.begin(), names.end()).size() == names.size());
    keyed_map<int, counting_equal> table(0, keyed_hash{key});
    comparisons = 0;
    for (auto const& n : names) table.emplace(n, 1);
    for (auto const& n : names) CHECK(table.contains(std::string_view{n}));
    // One for each that is found, and some for those whose few bits in the table are the same.
    CHECK(comparisons < 2 * names.size());
}

TEST_CASE("another key puts names elsewhere") {
    keyed_hash const one{key};
    keyed_hash const other{{1, 2}};
    CHECK(one("a") != other("a"));
    CHECK(one("a") == keyed_hash{key}("a"));
    CHECK(one("a") != one("b"));
}

TEST_CASE("a table gives its memory back when it has become nearly empty") {
    keyed_map<int> table(0, keyed_hash{key});
    for (int i = 0; i < 10'000; ++i) table.emplace(std::to_string(i), i);
    auto const full = table.bucket_count();
    for (int i = 0; i < 9'990; ++i) {
        table.erase(std::to_string(i));
        shrink_sparse(table);
    }
    CHECK(table.bucket_count() <= full / 100);
    CHECK(table.size() == 10);
    for (int i = 9'990; i < 10'000; ++i) CHECK(table.at(std::to_string(i)) == i);
}

TEST_CASE("things with names keep their address, and their set gives memory back") {
    named_set<thing> all(key);
    auto* const first = &all.obtain("first");
    first->value = 7;
    for (auto const& n : colliding_names(5'000)) all.obtain(n);
    CHECK(&all.obtain("first") == first);
    CHECK(all.find("first") == first);
    CHECK(all.find("other") == nullptr);
    CHECK(all.size() == 5'001);
    auto const full = all.bucket_count();
    for (auto const& n : colliding_names(5'000)) all.erase(*all.find(n));
    CHECK(all.size() == 1);
    CHECK(all.bucket_count() <= full / 50);
    CHECK(all.find("first")->value == 7);
    thing const stranger{"stranger"};
    all.erase(stranger);
    all.erase(*first);
    CHECK(all.empty());
}

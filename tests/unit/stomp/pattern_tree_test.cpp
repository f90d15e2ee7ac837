#include "stomp/pattern_tree.hpp"

#include "support/pattern_reference.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <list>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using namespace anywire::stomp;
using anywire::test::fits_slowly;
using std::string_view;

namespace {

constexpr anywire::siphash_key key{1, 2};

using texts = std::vector<std::string>;
using tree_of_texts = pattern_tree<std::string const>;

/// Patterns whose values are their texts.
struct fixture {
    tree_of_texts tree{key};
    std::list<std::string> kept{};

    std::string const* add(string_view text) {
        tree.add(*destination_pattern::parse(text), &kept.emplace_back(text));
        return &kept.back();
    }
    bool remove(string_view text) {
        auto const p = destination_pattern::parse(text);
        auto const found = std::find(kept.begin(), kept.end(), text);
        return found != kept.end() && tree.remove(*p, &*found);
    }
    texts find(string_view destination) const {
        texts out;
        tree.for_each_match(destination, [&](std::string const* t) { out.push_back(*t); });
        std::sort(out.begin(), out.end());
        return out;
    }
};

class random_texts {
public:
    explicit random_texts(unsigned seed) : random_(seed) {}
    std::string pattern() { return text(words_.size()); }
    std::string destination() { return text(4); }

private:
    std::string text(std::size_t of) {
        std::string out;
        for (auto n = 1 + random_() % 5; n > 0; --n) out += "/" + words_[random_() % of];
        return out;
    }

    std::mt19937 random_;
    texts words_{"a", "b", "ab", "aab", "*", "**", "?", "a*", "*b", "{x}", "{y}"};
};

}  // namespace

TEST_CASE("a destination finds all that fit") {
    fixture f;
    for (auto const* const t :
         {"/a", "/a/b", "/a/*", "/a/{x}", "/a/b*", "/a/**", "/**", "/*/b", "/b", "/a/b/c", "/**/b"})
        f.add(t);
    CHECK(f.tree.size() == 11);
    CHECK(f.find("/a/b") ==
          texts{"/**", "/**/b", "/*/b", "/a/*", "/a/**", "/a/b", "/a/b*", "/a/{x}"});
    CHECK(f.find("/a") == texts{"/**", "/a", "/a/**"});
    CHECK(f.find("/b") == texts{"/**", "/**/b", "/b"});
    CHECK(f.find("/a/b/c") == texts{"/**", "/a/**", "/a/b/c"});
    CHECK(f.find("/c/x/y/b") == texts{"/**", "/**/b"});
    CHECK(f.find("").empty());
    CHECK(f.find("/").empty());
    CHECK(f.find("/a/").empty());
    CHECK(f.find("/a//b").empty());
}

TEST_CASE("a value is found once, in however many ways its pattern fits") {
    fixture f;
    f.add("/**/a/**/a");
    f.add("/**/*/**");
    f.add("/**/a/**");
    CHECK(f.find("/a/a/a/a/a/a") == texts{"/**/*/**", "/**/a/**", "/**/a/**/a"});
}

TEST_CASE("many values are under one pattern, each once") {
    tree_of_texts tree(key);
    auto const p = *destination_pattern::parse("/a/{x}");
    auto const other_name = *destination_pattern::parse("/a/{y}");
    std::vector<std::string> const values(100, "v");
    for (auto const& v : values) tree.add(p, &v);
    tree.add(other_name, values.data());
    CHECK(tree.size() == 100);
    CHECK(tree.nodes() == 2);
    std::size_t found = 0;
    tree.for_each_match("/a/1", [&](auto const*) { ++found; });
    CHECK(found == 100);
    CHECK(tree.remove(p, values.data()));
    CHECK(!tree.remove(other_name, values.data()));
    CHECK(tree.size() == 99);
}

TEST_CASE("no node stays after its last value") {
    fixture f;
    texts const all{"/a", "/a/b/c", "/a/{x}/c", "/a/b*/**", "/a/b*", "/**", "/**/d"};
    for (auto const& t : all) f.add(t);
    CHECK(f.tree.nodes() == 9);
    CHECK(!f.tree.remove(*destination_pattern::parse("/a/b"), &f.kept.front()));
    CHECK(!f.tree.remove(*destination_pattern::parse("/x/y"), &f.kept.front()));
    CHECK(!f.tree.remove(*destination_pattern::parse("/**"), &f.kept.front()));
    CHECK(f.remove("/a"));
    CHECK(!f.remove("/a"));
    CHECK(f.tree.nodes() == 9);
    CHECK(f.remove("/a/b*"));
    CHECK(f.tree.nodes() == 9);
    CHECK(f.remove("/a/b*/**"));
    CHECK(f.tree.nodes() == 7);
    CHECK(f.find("/a/bx").size() == 1);
    CHECK(f.remove("/a/b/c"));
    CHECK(f.remove("/a/{x}/c"));
    CHECK(f.tree.nodes() == 2);
    CHECK(f.remove("/**"));
    CHECK(f.remove("/**/d"));
    CHECK(f.tree.nodes() == 0);
    CHECK(f.tree.size() == 0);
}

TEST_CASE("a tree's separator may be a point") {
    pattern_tree<int> tree(key, '.');
    int value = 0;
    tree.add(*destination_pattern::parse("/topic/a.*", {}, '.'), &value);
    int found = 0;
    tree.for_each_match("/topic/a.b", [&](int* v) { found += v == &value ? 1 : 100; });
    tree.for_each_match("/topic/a/b", [&](int*) { found += 100; });
    CHECK(found == 1);
}

TEST_CASE("patterns that do not fit cost nothing") {
    // A walk over all of them would take minutes.
    constexpr int count = 50'000;
    fixture f;
    for (int i = 0; i < count; ++i) f.add("/topic/" + std::to_string(i) + "/{x}/**");
    for (int i = 0; i < count; ++i) {
        int found = 0;
        f.tree.for_each_match("/topic/" + std::to_string(i) + "/x/y", [&](auto*) { ++found; });
        REQUIRE(found == 1);
    }
    CHECK(f.find("/topic/x").empty());
    CHECK(f.tree.nodes() == 1 + 3 * count);
}

TEST_CASE("a tree finds what a list of patterns finds") {
    auto const seed = GENERATE(range(1u, 21u));
    CAPTURE(seed);
    random_texts random(seed);
    fixture f;
    std::vector<destination_pattern> list;
    for (int i = 0; i < 200; ++i) {
        auto const t = random.pattern();
        if (auto const p = destination_pattern::parse(t)) {
            if (std::erase_if(list, [&](auto const& known) { return known.text() == t; }) != 0) {
                REQUIRE(f.remove(t));
                f.kept.remove(t);
            } else {
                list.push_back(*p);
                f.add(t);
            }
        }
        auto const destination = random.destination();
        texts expected;
        for (auto const& p : list)
            if (p.match(destination)) expected.push_back(p.text());
        std::sort(expected.begin(), expected.end());
        REQUIRE(f.find(destination) == expected);
    }
    for (auto const& p : list) REQUIRE(f.remove(p.text()));
    CHECK(f.tree.nodes() == 0);
}

TEST_CASE("a pattern fits what a table of all pairs says") {
    auto const seed = GENERATE(range(1u, 11u));
    random_texts random(seed);
    for (int i = 0; i < 300; ++i) {
        auto const p = destination_pattern::parse(random.pattern());
        if (!p) continue;
        auto const destination = random.destination();
        CAPTURE(seed, p->text(), destination);
        REQUIRE(p->match(destination) == fits_slowly(p->text(), destination));
    }
}

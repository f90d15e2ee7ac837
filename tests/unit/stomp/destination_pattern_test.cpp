#include "stomp/destination_pattern.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

using namespace anywire::stomp;
using namespace std::string_literals;
using std::string_view;

namespace {

using views = std::vector<string_view>;

destination_pattern pattern(string_view text, char separator = '/') {
    auto const p = destination_pattern::parse(text, {}, separator);
    REQUIRE(p);
    return *p;
}

bool fits(string_view text, string_view destination, char separator = '/') {
    return pattern(text, separator).match(destination);
}

views values(string_view text, string_view destination, char separator = '/') {
    views out{"of before"};
    if (!pattern(text, separator).match(destination, &out)) out.insert(out.begin(), "no");
    return out;
}

bool is_pattern(string_view text, pattern_limits const& limits = {}, char separator = '/') {
    return destination_pattern::parse(text, limits, separator).has_value();
}

std::string repeat(string_view what, std::size_t n) {
    std::string out;
    for (; n > 0; --n) out += what;
    return out;
}

}  // namespace

TEST_CASE("destinations that a client may name") {
    for (auto const* const good :
         {"/a", "/topic/a.b", "/topic/a..b", "/q/...", "/q/ ", "/q/\xc3\xa9", "/q/*"})
        CHECK(is_valid_destination(good));
    for (auto const* const bad : {"",
                                  "a",
                                  "a/b",
                                  "/",
                                  "//",
                                  "//a",
                                  "/a/",
                                  "/a//b",
                                  "/.",
                                  "/a/..",
                                  "/../a",
                                  "/a/./b",
                                  "/a\n",
                                  "/a\tb",
                                  "/a\x7f"})
        CHECK(!is_valid_destination(bad));
    CHECK(!is_valid_destination("/a\0b"s));
    CHECK(!is_valid_destination("/a\xc3"));
}

TEST_CASE("a destination's length and segments have their bounds") {
    CHECK(is_valid_destination("/" + std::string(255, 'a')));
    CHECK(!is_valid_destination("/" + std::string(256, 'a')));
    CHECK(is_valid_destination(repeat("/a", 16)));
    CHECK(!is_valid_destination(repeat("/a", 17)));
    CHECK(is_valid_destination("/aa/b", {.max_bytes = 5, .max_segments = 2}));
    CHECK(!is_valid_destination("/aa/bc", {.max_bytes = 5, .max_segments = 2}));
}

TEST_CASE("what is no pattern") {
    for (auto const* const bad : {"",
                                  "a/*",
                                  "*",
                                  "/a//*",
                                  "/*/",
                                  "/../*",
                                  "/{}",
                                  "/{a",
                                  "/x{a}",
                                  "/{a}x",
                                  "/{a}{b}",
                                  "/{a:[0-9]+}",
                                  "/{a*}",
                                  "/{*}",
                                  "/{{a}}",
                                  "/{a}/{a}",
                                  "/a{",
                                  "/*\n"})
        CHECK(!is_pattern(bad));
    for (auto const* const good :
         {"/a", "/a}", "/*", "/**", "/a*b?", "/{a}/{b-c_1}", "/**/**", "/***"})
        CHECK(is_pattern(good));
}

TEST_CASE("a pattern's stars have a bound, its variables none but the segments'") {
    CHECK(is_pattern("/*/*/*/*"));
    CHECK(!is_pattern("/*/*/*/*/*"));
    CHECK(is_pattern("/a*a*a*?"));
    CHECK(!is_pattern("/a*a*a*?/?"));
    CHECK(is_pattern("/**/**/**/**"));
    CHECK(!is_pattern("/**/**/**/**/**"));
    CHECK(is_pattern("/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}/{j}/{k}/{l}/{m}/{n}/{o}/{p}"));
    CHECK(!is_pattern("/{a}/{b}/{c}", {.max_segments = 2}));
    CHECK(!is_pattern("/a/b.c.d", {.max_segments = 3}, '.'));
}

TEST_CASE("a pattern without wildcards fits its own text only") {
    auto const p = pattern("/topic/a");
    CHECK(p.is_plain());
    CHECK(p.variables() == 0);
    CHECK(p.text() == "/topic/a");
    CHECK(p.match("/topic/a"));
    for (auto const* const other :
         {"", "/topic", "/topic/", "/topic/a/", "/topic/a/b", "/topic/A", "topic/a"})
        CHECK(!p.match(other));
    CHECK(!pattern("/a/{x}").is_plain());
    CHECK(!pattern("/a/b?").is_plain());
}

TEST_CASE("which texts are more than destinations") {
    CHECK(!destination_pattern::has_wildcards("/topic/a}"));
    for (auto const* const text : {"/a*", "/a?", "/{a"})
        CHECK(destination_pattern::has_wildcards(text));
}

TEST_CASE("a question mark is one character") {
    CHECK(fits("/a?c", "/abc"));
    CHECK(!fits("/a?c", "/ac"));
    CHECK(!fits("/a?c", "/abbc"));
    CHECK(!fits("/a?c", "/a/c"));
    CHECK(!fits("/a/?", "/a"));
    CHECK(fits("/?", "/\xe2\x82\xac"));
    CHECK(!fits("/?", "/\xe2\x82\xac!"));
    CHECK(fits("/*?!", "/a\xe2\x82\xac!"));
    CHECK(!fits("/??", "/\xe2\x82\xac"));
    CHECK(!fits("/*??", "/\xe2\x82\xac"));
}

TEST_CASE("a star is any number of characters within a segment") {
    CHECK(fits("/a*", "/a"));
    CHECK(fits("/a*", "/abc"));
    CHECK(fits("/*c", "/abc"));
    CHECK(fits("/a*b*c", "/axbxbxc"));
    CHECK(fits("/a**c", "/abc"));
    CHECK(fits("/***", "/abc"));
    CHECK(fits("/a/*/c", "/a/b/c"));
    CHECK(!fits("/a*b*c", "/axbxbx"));
    CHECK(!fits("/a*", "/a/b"));
    CHECK(!fits("/***", "/a/b"));
    CHECK(!fits("/a/*/c", "/a/c"));
    CHECK(!fits("/a/*", "/a"));
}

TEST_CASE("two stars are any number of segments") {
    CHECK(fits("/**", "/a"));
    CHECK(fits("/**", "/a/b/c"));
    CHECK(fits("/a/**", "/a"));
    CHECK(fits("/a/**", "/a/b/c"));
    CHECK(fits("/**/c", "/c"));
    CHECK(fits("/**/c", "/c/c/c"));
    CHECK(fits("/a/**/c", "/a/c"));
    CHECK(fits("/a/**/b/**/c", "/a/x/b/b/y/c"));
    CHECK(fits("/**/**", "/a"));
    CHECK(!fits("/a/**", "/b/a"));
    CHECK(!fits("/a/**", "/ab"));
    CHECK(!fits("/a/**/c", "/a"));
    CHECK(!fits("/a/**/b/**/c", "/a/c/b"));
    CHECK(!fits("/**/a/*", "/x/a"));
}

TEST_CASE("no wildcard fits an empty segment") {
    auto const text = GENERATE("/*", "/**", "/{a}", "/a/*", "/a/**", "/**/*", "/a*/**");
    for (auto const* const destination : {"", "/", "//", "/a/", "//a", "/a//b", "/a//", "a", "a/b"})
        CHECK(!fits(text, destination));
}

TEST_CASE("variables are given back in their order") {
    CHECK(values("/rooms/{room}/of/{user}", "/rooms/1/of/ann") == views{"1", "ann"});
    CHECK(values("/rooms/{room}", "/rooms/{room}") == views{"{room}"});
    CHECK(values("/rooms/*/{user}", "/rooms/1/ann") == views{"ann"});
    CHECK(values("/rooms/*", "/rooms/1").empty());
    CHECK(values("/rooms", "/rooms").empty());
    CHECK(pattern("/rooms/{room}/of/{user}").variables() == 2);
}

TEST_CASE("nothing of an attempt that failed is among the variables") {
    CHECK(values("/{a}/{b}/c", "/1/2/3") == views{"no"});
    CHECK(values("/{a}/{b}", "/1") == views{"no"});
    CHECK(values("/**/{a}/x", "/1/2/3/x") == views{"3"});
    CHECK(values("/{z}/**/{a}/m/**/{b}/x", "/0/1/m/2/m/3/y/x") == views{"0", "1", "y"});
    CHECK(values("/**/{a}/x", "/1/2/3/y") == views{"no"});
}

TEST_CASE("a point may divide what follows a destination's beginning") {
    CHECK(fits("/topic/price.*.high", "/topic/price.ibm.high", '.'));
    CHECK(fits("/topic/price.**", "/topic/price", '.'));
    CHECK(fits("/topic/**", "/topic/price.a.b", '.'));
    CHECK(fits("/topic/**", "/topic", '.'));
    CHECK(values("/topic/{a}.{b}", "/topic/x.y/z", '.') == views{"x", "y/z"});
    CHECK(!fits("/topic/*", "/topic/a.b", '.'));
    CHECK(!fits("/topic/a.*", "/topic/a/b", '.'));
    CHECK(!fits("/topic/a.*", "/topic/a.", '.'));
    CHECK(!fits("/topic/**", "/topic/a..b", '.'));
    CHECK(!fits("/topic/**", "/topic.a", '.'));
    CHECK(!is_pattern("/topic/a..*", {}, '.'));
    CHECK(!is_pattern("/topic/.*", {}, '.'));
    CHECK(!fits("/topic/*.b", "/topic/a/b"));
}

TEST_CASE("a handler that says more goes first") {
    std::vector<string_view> const ordered{"/a",
                                           "/a/b",
                                           "/a/b/c",
                                           "/a/b/{x}",
                                           "/a/b/*",
                                           "/a/b/**",
                                           "/a/{x}",
                                           "/a/{y}",
                                           "/a/{x}/c",
                                           "/a/bcd*",
                                           "/a/b*",
                                           "/a/*",
                                           "/a/**",
                                           "/a/**/c",
                                           "/{x}/b",
                                           "/*/b",
                                           "/**",
                                           "/**/b"};
    for (std::size_t i = 0; i < ordered.size(); ++i)
        for (std::size_t j = 0; j < ordered.size(); ++j) {
            CAPTURE(ordered[i], ordered[j]);
            CHECK(destination_pattern::more_specific(pattern(ordered[i]), pattern(ordered[j])) ==
                  (i < j));
        }
}

TEST_CASE("patterns are copied and moved with what they know") {
    auto const one = pattern("/a/{x}/**");
    auto copy = one;
    auto const moved = std::move(copy);
    views v;
    CHECK(moved.match("/a/1/2", &v));
    CHECK(v == views{"1"});
}

TEST_CASE("no pattern is slow") {
    // By far more than the default limits let, so that anything but a product would be seen.
    pattern_limits const large{.max_bytes = 4000, .max_segments = 2000, .max_wildcards = 1000};
    auto const steps = [&](std::string const& text, std::string const& destination, bool fits) {
        auto const p = destination_pattern::parse(text, large);
        REQUIRE(p);
        std::size_t n = 0;
        CAPTURE(text.size(), destination.size());
        CHECK(p->match(destination, nullptr, &n) == fits);
        CHECK(n <= (text.size() + 1) * (destination.size() + 1));
        return n;
    };
    auto const many = std::string(1000, 'a');
    steps("/" + repeat("a*", 100) + "b", "/" + many, false);
    steps("/" + repeat("*a", 100) + "*b", "/" + many, false);
    steps("/" + repeat("*?", 100) + "b", "/" + many, false);
    steps(repeat("/**/a", 100) + "/b", repeat("/a", 1000), false);
    steps(repeat("/**/*", 100) + "/b", repeat("/a", 1000), false);
    steps(repeat("/**/a*a*b", 50), repeat("/aaaaaaaaaa", 100), false);
    steps(repeat("/**/a*", 100), repeat("/a", 1000), true);
    CHECK(steps("/" + repeat("a*", 100), "/" + many, true) < 400);
    CHECK(steps(repeat("/**", 100), repeat("/a", 1000), true) == 0);

    pattern_limits const usual;
    for (auto const* const text : {"/a*a*a*b", "/**/**/**/**", "/*/*a*/**/b", "/**/*a*/**/b"}) {
        auto const p = destination_pattern::parse(text, usual);
        REQUIRE(p);
        for (auto const& d : {"/" + std::string(255, 'a'), repeat("/aaaaaaaaaaaaaaa", 16)}) {
            std::size_t n = 0;
            p->match(d, nullptr, &n);
            CHECK(n < 2'000);
        }
    }
}

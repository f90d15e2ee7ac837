#include "route_pattern.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <vector>

using anywire::http::route_pattern;
using views = route_pattern::values;

namespace {

route_pattern pattern(std::string_view text) {
    auto p = route_pattern::parse(text);
    REQUIRE(p);
    return *p;
}

}  // namespace

TEST_CASE("a pattern fits paths of its segments, and has what stands for its names") {
    auto const user = pattern("/user/:id/post/:n");
    CHECK(user.names() == std::vector<std::string>{"id", "n"});
    views found;
    CHECK(user.match("/user/ann/post/7", &found));
    CHECK(found == views{"ann", "7"});
    for (auto const* other : {"/user/ann/post",
                              "/user/ann/post/7/",
                              "/user//post/7",
                              "/user/ann/post/",
                              "/user/ann/posts/7",
                              "user/ann/post/7",
                              "/",
                              ""})
        CHECK_FALSE(user.matches(other));
    CHECK(pattern("/").matches("/"));
    CHECK_FALSE(pattern("/").matches(""));
    CHECK_FALSE(pattern("/").matches("/a"));
    CHECK(pattern("/a/").matches("/a/"));
    CHECK_FALSE(pattern("/a/").matches("/a"));
    CHECK_FALSE(pattern("/a").matches("/a/"));
}

TEST_CASE("a pattern that is not valid is none") {
    for (auto const* wrong :
         {"", "a", "/a?b", "/a#b", "/:", "/:a-b", "/:a/:a", "//", "/a//b", "/a//"})
        CHECK_FALSE(route_pattern::parse(wrong));
}

TEST_CASE("patterns are alike where they fit the same paths, and what is spelled out goes first") {
    CHECK(pattern("/a/:x").is_like(pattern("/a/:y")));
    CHECK_FALSE(pattern("/a/:x").is_like(pattern("/a/x")));
    CHECK_FALSE(pattern("/a").is_like(pattern("/a/")));
    CHECK(pattern("/a/b").goes_before(pattern("/a/:x")));
    CHECK(pattern("/a/:x").goes_before(pattern("/:y/b")));
    CHECK_FALSE(pattern("/:y/b").goes_before(pattern("/a/:x")));
    CHECK_FALSE(pattern("/a/b").goes_before(pattern("/a/c")));
}

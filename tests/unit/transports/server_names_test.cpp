#include "server_names.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace anywire;

namespace {

int found(server_names<int> const& names, std::string_view name) {
    auto const* const value = names.find(name);
    return value ? *value : 0;
}

}  // namespace

TEST_CASE("an exact name goes before a wildcard, a wildcard is one label") {
    server_names<int> names;
    CHECK(names.empty());
    CHECK(names.add("*.Example.com", 1));
    CHECK(names.add("chat.example.com", 2));
    CHECK(names.add("chat.example.com.", 3));  // the same name: the first one stays
    CHECK(names.add("localhost", 4));
    CHECK(found(names, "chat.example.com") == 2);
    CHECK(found(names, "CHAT.example.COM.") == 2);
    CHECK(found(names, "www.example.com") == 1);
    CHECK(found(names, "localhost") == 4);
    for (auto const* nobody : {"example.com",
                               "a.b.example.com",
                               ".example.com",
                               "*.example.com",
                               "xample.com",
                               "example.com.evil",
                               "*",
                               ".",
                               ""})
        CHECK(found(names, nobody) == 0);
    CHECK(found(names, std::string(300, 'x') + ".example.com") == 0);
    CHECK(found(names, std::string(250, 'x') + ".x") == 0);
}

TEST_CASE("what is no name of a host is not taken for one") {
    server_names<int> names;
    for (auto const* bad :
         {"", ".", "*", "*.", "a.*.b", "**.b", "http://a", "a:443", "a/b", "a..b", "a b"}) {
        CAPTURE(bad);
        CHECK_FALSE(names.add(bad, 1));
    }
    CHECK_FALSE(names.add(std::string(256, 'a'), 1));
    CHECK(names.add(std::string(255, 'a'), 1));
}

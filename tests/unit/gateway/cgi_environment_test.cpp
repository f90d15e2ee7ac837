#include "cgi_environment.hpp"

#include "unit/gateway/opening.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>

using namespace anywire;
using namespace anywire::test;
using gateway::cgi_environment;
using gateway::route_settings;
using lines = std::vector<std::string>;

namespace {

cgi_environment environment_of(route_settings const& s) {
    std::string error;
    auto made = cgi_environment::make(s, error);
    INFO(error);
    REQUIRE(made);
    return *made;
}

std::optional<lines> variables(route_settings const& s,
                               request const& r,
                               std::string_view below = {}) {
    return environment_of(s).of(
        {.request = r, .session = "id", .dialect = "sockjs", .transport = "xhr", .below = below});
}

/// The value of a variable; "-" where it is not there.
std::string value(lines const& all, std::string_view name) {
    auto const begin = std::string(name) + "=";
    std::string found = "-";
    for (auto const& line : all)
        if (line.starts_with(begin)) {
            CHECK(found == "-");
            found = line.substr(begin.size());
        }
    return found;
}

}  // namespace

TEST_CASE("a program is told of the request as by CGI") {
    route_settings s;
    s.path = "/live";
    auto const r = kept_request("/live/a%20b/c?x=1&y=%20",
                                {{"Host", "example.org:8080"}, {"User-Agent", "a browser"}});
    auto const all = variables(s, r, "/a%20b/c");
    REQUIRE(all);
    CHECK(value(*all, "GATEWAY_INTERFACE") == "CGI/1.1");
    CHECK(value(*all, "SERVER_PROTOCOL") == "HTTP/1.1");
    CHECK(value(*all, "SERVER_NAME") == "example.org");
    CHECK(value(*all, "SERVER_PORT") == "8080");
    CHECK(value(*all, "REQUEST_METHOD") == "GET");
    CHECK(value(*all, "REQUEST_URI") == "/live/a%20b/c?x=1&y=%20");
    CHECK(value(*all, "SCRIPT_NAME") == "/live");
    CHECK(value(*all, "PATH_INFO") == "/a b/c");
    CHECK(value(*all, "QUERY_STRING") == "x=1&y=%20");
    CHECK(value(*all, "REMOTE_ADDR") == "192.0.2.7");
    CHECK(value(*all, "UNIQUE_ID") == "id");
    CHECK(value(*all, "HTTPS") == "-");
    CHECK(value(*all, "HTTP_USER_AGENT") == "a browser");
    CHECK(value(*all, "HTTP_X_FORWARDED_FOR") == "192.0.2.7");
    CHECK(value(*all, "HTTP_ANYWIRE_SESSION") == "id");
}

TEST_CASE("the server's name and port are what the client asked for") {
    route_settings s;
    auto const host_and_port = [&](std::string_view host, bool is_secure) {
        auto const all = variables(s, kept_request("/", {{"Host", host}}, "::1", is_secure));
        REQUIRE(all);
        CHECK(value(*all, "HTTPS") == (is_secure ? "on" : "-"));
        return value(*all, "SERVER_NAME") + " " + value(*all, "SERVER_PORT");
    };
    CHECK(host_and_port("example.org", false) == "example.org 80");
    CHECK(host_and_port("example.org", true) == "example.org 443");
    CHECK(host_and_port("[::1]", false) == "[::1] 80");
    CHECK(host_and_port("[::1]:81", false) == "[::1] 81");
    auto const all = variables(s, kept_request("/"));
    REQUIRE(all);
    CHECK(value(*all, "SERVER_NAME") == "localhost");
}

TEST_CASE("of the gateway's own environment a program gets three variables") {
    ::setenv("ANYWIRE_TEST_SECRET", "secret", 1);
    auto const all = variables({}, kept_request("/"));
    ::unsetenv("ANYWIRE_TEST_SECRET");
    REQUIRE(all);
    CHECK(value(*all, "ANYWIRE_TEST_SECRET") == "-");
    CHECK(value(*all, "PATH") == std::getenv("PATH"));
    for (auto const& line : *all) CHECK(line.find("secret") == std::string::npos);
}

TEST_CASE("only fields that are listed become variables, and none that means something else") {
    route_settings s;
    s.forward.headers = {"X-One", "x-two", "Proxy", "X_Forwarded_For", "X.Dot"};
    auto const r = kept_request("/",
                                {{"X-One", "1"},
                                 {"X-Two", "2"},
                                 {"X-TWO", "3"},
                                 {"Proxy", "http://evil"},
                                 {"X_Forwarded_For", "203.0.113.1"},
                                 {"X.Dot", "4"},
                                 {"Cookie", "a=1"}});
    auto const all = variables(s, r);
    REQUIRE(all);
    CHECK(value(*all, "HTTP_X_ONE") == "1");
    CHECK(value(*all, "HTTP_X_TWO").substr(0, 1) == "2");
    CHECK(value(*all, "HTTP_PROXY") == "-");
    CHECK(value(*all, "HTTP_X_FORWARDED_FOR") == "192.0.2.7");
    CHECK(value(*all, "HTTP_COOKIE") == "-");
    CHECK(std::none_of(all->begin(), all->end(), [](auto const& line) {
        return line.find("DOT") != std::string::npos;
    }));
}

TEST_CASE("the settings' own variables are templates, and go before all others") {
    route_settings s;
    s.program.environment = {{"ROOM", "room {query.room}"}, {"PATH", "/only/here"}};
    auto const all = variables(s, kept_request("/?room=7"));
    REQUIRE(all);
    CHECK(value(*all, "ROOM") == "room 7");
    CHECK(value(*all, "PATH") == "/only/here");
}

TEST_CASE("a path that climbs, or holds a NUL, is the client's fault") {
    for (std::string_view const below : {"/../x", "/%2e%2e/x", "/a%00b"}) {
        CAPTURE(below);
        CHECK_FALSE(variables({}, kept_request("/"), below));
    }
}

TEST_CASE("names and templates that are not valid are refused in a sentence") {
    for (auto const& [name, text] : std::vector<std::pair<std::string, std::string>>{
             {"", "x"}, {"1A", "x"}, {"A=B", "x"}, {"A-B", "x"}, {"A", "{nothing}"}}) {
        route_settings s;
        s.program.environment = {{name, text}};
        std::string error;
        CHECK_FALSE(cgi_environment::make(s, error));
        CHECK_FALSE(error.empty());
    }
}

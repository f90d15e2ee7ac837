#include "cookie_jar.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace anywire;

namespace {

constexpr std::int64_t now = 1'700'000'000;

client_url url_of(std::string const& text) {
    return parse_url(text).value();
}

struct jar {
    cookie_jar kept{};
    jar& set(std::string const& from, std::string_view cookie, std::int64_t at = now) {
        kept.set(url_of(from), cookie, at);
        return *this;
    }
    std::string get(std::string const& to, std::int64_t at = now) {
        std::string out;
        kept.append(out, url_of(to), at);
        return out;
    }
};

}  // namespace

TEST_CASE("a cookie goes back to its host, and only there") {
    jar j;
    j.set("http://a.example/x/y", "id = 1 ; HttpOnly; Whatever=3");
    CHECK(j.get("http://a.example/x/z") == "id=1");
    CHECK(j.get("http://a.example/x") == "id=1");
    CHECK(j.get("http://a.example/xy").empty());
    CHECK(j.get("http://a.example/").empty());
    CHECK(j.get("http://b.a.example/x/y").empty());
    CHECK(j.get("http://a.example:8080/x/y") == "id=1");
}

TEST_CASE("Domain widens, but not to who is not above") {
    jar j;
    j.set("http://a.example.com/", "w=1; Domain=.Example.com");
    CHECK(j.get("http://example.com/") == "w=1");
    CHECK(j.get("http://b.example.com/") == "w=1");
    CHECK(j.get("http://badexample.com/").empty());
    for (auto const* const bad : {"x=1; Domain=com",
                                  "x=1; Domain=other.com",
                                  "x=1; Domain=b.a.example.com",
                                  "x=1; Domain=example.com."})
        j.set("http://a.example.com/", bad);
    j.set("http://10.0.0.1/", "x=1; Domain=0.0.1");
    CHECK(j.kept.size() == 1);
    j.set("http://10.0.0.1/", "ip=1; Domain=10.0.0.1").set("http://host/", "h=1; Domain=host");
    CHECK(j.get("http://10.0.0.1/") == "ip=1");
    CHECK(j.get("http://host/") == "h=1");
}

TEST_CASE("Secure cookies are for https, which alone can set and replace them") {
    jar j;
    j.set("http://a.example/", "s=1; Secure");
    CHECK(j.kept.size() == 0);
    j.set("https://a.example/", "s=1; Secure").set("http://a.example/", "s=2");
    CHECK(j.get("http://a.example/").empty());
    CHECK(j.get("https://a.example/") == "s=1");
}

TEST_CASE("cookies end as Max-Age, else Expires, says") {
    jar j;
    j.set("http://a.example/", "m=1; Max-Age=10; Expires=Wed, 21 Oct 2015 07:28:00 GMT");
    CHECK(j.get("http://a.example/", now + 9) == "m=1");
    CHECK(j.get("http://a.example/", now + 10).empty());
    j.set("http://a.example/", "e=1; Expires=Wed, 21 Oct 2065 07:28:00 GMT");
    CHECK(j.get("http://a.example/") == "e=1");
    j.set("http://a.example/", "e=; Max-Age=0");
    CHECK(j.get("http://a.example/").empty());
    j.set("http://a.example/", "bad=1; Max-Age=x; Expires=tomorrow");
    CHECK(j.get("http://a.example/", now * 2) == "bad=1");
}

TEST_CASE("longer paths come first, then older cookies; a cookie that is set again stays") {
    jar j;
    j.set("http://a.example/", "a=1; Path=/").set("http://a.example/", "b=2; Path=/x/y");
    j.set("http://a.example/", "c=3; Path=/").set("http://a.example/", "a=9; Path=/");
    std::string out("mine=0");
    j.kept.append(out, url_of("http://a.example/x/y"), now);
    CHECK(out == "mine=0; b=2; a=9; c=3");
}

TEST_CASE("what is no cookie, or too long, is dropped") {
    jar j;
    for (auto const& bad : {std::string("novalue"),
                            std::string("=x"),
                            std::string(""),
                            std::string("a=b\x01"),
                            "a=" + std::string(cookie_jar::longest, 'x')})
        j.set("http://a.example/", bad);
    CHECK(j.kept.size() == 0);
}

TEST_CASE("a jar has no more cookies than its limits") {
    jar j;
    for (int i = 0; i < 60; ++i) j.set("http://a.example/", "c" + std::to_string(i) + "=1");
    CHECK(j.kept.size() == cookie_jar::most_of_one);
    CHECK(j.get("http://a.example/").starts_with("c10=1; "));
    for (int i = 0; i < 400; ++i) j.set("http://h" + std::to_string(i) + ".example/", "c=1");
    CHECK(j.kept.size() == cookie_jar::most);
}

TEST_CASE("dates are read in the forms that there are") {
    auto const seconds = [](std::string_view text) {
        std::int64_t out = -1;
        return parse_cookie_date(text, out) ? out : -1;
    };
    CHECK(seconds("Sun, 06 Nov 1994 08:49:37 GMT") == 784'111'777);
    CHECK(seconds("Sunday, 06-Nov-94 08:49:37 GMT") == 784'111'777);
    CHECK(seconds("Sun Nov  6 08:49:37 1994") == 784'111'777);
    CHECK(seconds("Sun, 31 Feb 1994 08:49:37 GMT") == -1);
    CHECK(seconds("Sun, 06 Nov 1994 24:00:00 GMT") == -1);
    CHECK(seconds("Sun, 06 Nov 1600 08:49:37 GMT") == -1);
    CHECK(seconds("Nov 1994 08:49:37") == -1);
    CHECK(seconds("") == -1);
}

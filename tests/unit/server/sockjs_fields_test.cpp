#include "sockjs_fields.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace anywire;

namespace {

template <class Append>
std::string fields_of(Append append,
                      std::vector<http::field> const& sent,
                      std::string_view path = "/echo/0/a/xhr") {
    http::request_view head;
    head.fields = sent;
    head.path = path;
    std::string out;
    append(out, head);
    return out;
}

}  // namespace

TEST_CASE("SockJS names the page that may read an answer, with credentials") {
    CHECK(fields_of(append_sockjs_cors, {{"origin", "https://a.example"}}) ==
          "Access-Control-Allow-Origin: https://a.example\r\n"
          "Access-Control-Allow-Credentials: true\r\nVary: Origin\r\n");
    CHECK(fields_of(append_sockjs_cors,
                    {{"Origin", "null"}, {"Access-Control-Request-Headers", "x-a, x-b"}}) ==
          "Access-Control-Allow-Origin: null\r\nAccess-Control-Allow-Credentials: true\r\n"
          "Vary: Origin\r\nAccess-Control-Allow-Headers: x-a, x-b\r\n");
    CHECK(fields_of(append_sockjs_cors, {}).empty());
}

TEST_CASE("a page without an origin gets a star on eventsource, as whoever names none") {
    auto const star = "Access-Control-Allow-Origin: *\r\nVary: Origin\r\n";
    CHECK(fields_of(append_sockjs_cors, {{"Origin", "null"}}, "/echo/0/a/eventsource") == star);
    CHECK(fields_of(append_sockjs_anonymous_cors, {}) == star);
    CHECK(fields_of(append_sockjs_anonymous_cors, {{"Origin", "https://a.example"}}).empty());
}

TEST_CASE("SockJS's cookie is the one that was sent, or a first one") {
    CHECK(fields_of(append_sockjs_cookie, {}) == "Set-Cookie: JSESSIONID=dummy; path=/\r\n");
    CHECK(fields_of(append_sockjs_cookie, {{"Cookie", "a=b; JSESSIONID=x"}}) ==
          "Set-Cookie: JSESSIONID=x; path=/\r\n");
}

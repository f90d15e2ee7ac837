#include "pass_fields.hpp"

#include "hop_fields.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::gateway;

namespace {

std::string passed(std::vector<http_field> const& of, passed_client const& client) {
    std::string out;
    for (auto const& f : fields_to_pass(of, client)) out += f.name + ": " + f.value + "\n";
    return out;
}

constexpr passed_client ann{.host = "example.com:8443", .address = "192.0.2.7", .is_secure = true};
constexpr std::string_view of_ann =
    "X-Forwarded-For: 192.0.2.7\nX-Forwarded-Host: example.com:8443\nX-Forwarded-Port: 8443\n"
    "X-Forwarded-Proto: https\n";

}  // namespace

TEST_CASE("fields of a request go through as they are, in their order") {
    CHECK(passed({{"Host", "example.com:8443"},
                  {"Cookie", "a=b; c=d"},
                  {"Accept-Encoding", "gzip, br"},
                  {"X-Twice", "1"},
                  {"X-Twice", "2"},
                  {"Content-Type", "text/plain"}},
                 ann) ==
          "Host: example.com:8443\nCookie: a=b; c=d\nAccept-Encoding: gzip, br\n"
          "X-Twice: 1\nX-Twice: 2\nContent-Type: text/plain\n" +
              std::string(of_ann));
}

TEST_CASE("what concerns a connection or the body's framing ends at the gateway") {
    CHECK(passed({{"Connection", "keep-alive, X-Hop , upgrade"},
                  {"Keep-Alive", "timeout=5"},
                  {"X-HOP", "1"},
                  {"X-Hops", "2"},
                  {"Upgrade", "h2c"},
                  {"HTTP2-Settings", "AAMAAABkAAQAAP__"},
                  {"TE", "trailers"},
                  {"Trailer", "X"},
                  {"Transfer-Encoding", "chunked"},
                  {"Content-Length", "5"},
                  {"Expect", "100-continue"},
                  {"Proxy-Connection", "close"},
                  {"Proxy-Authorization", "Basic eA=="}},
                 ann) == "Host: example.com:8443\nX-Hops: 2\n" + std::string(of_ann));
}

TEST_CASE("a client cannot say what only a proxy may") {
    CHECK(passed({{"X-Forwarded-For", "10.0.0.1"},
                  {"X_Forwarded_For", "10.0.0.1"},
                  {"x-forwarded_proto", "http"},
                  {"Forwarded", "for=10.0.0.1"},
                  {"X-Real-IP", "10.0.0.1"},
                  {"Proxy", "http://evil/"},
                  {"Content_Length", "3"},
                  {"Front-End-Https", "on"}},
                 ann) == "Host: example.com:8443\n" + std::string(of_ann));
}

TEST_CASE("the port is that of the host asked for, or the scheme's") {
    auto const port = [](std::string_view host, bool is_secure) {
        for (auto const& f : fields_to_pass({}, {.host = host, .is_secure = is_secure}))
            if (f.name == "X-Forwarded-Port") return f.value;
        return std::string();
    };
    CHECK(port("example.com", false) == "80");
    CHECK(port("example.com", true) == "443");
    CHECK(port("[::1]", true) == "443");
    CHECK(port("[::1]:81", true) == "81");
    CHECK(port("", false) == "80");
    CHECK(passed({}, {.host = "", .address = "unix:"}) ==
          "X-Forwarded-Port: 80\nX-Forwarded-Proto: http\n");
}

TEST_CASE("an answer goes through without what is of its connection") {
    std::vector<http_field> const of{{"Content-Type", "text/html"},
                                     {"Set-Cookie", "a=1"},
                                     {"Set-Cookie", "b=2"},
                                     {"Date", "Mon"},
                                     {"Content-Length", "3"},
                                     {"Transfer-Encoding", "chunked"},
                                     {"Connection", "X-Hop"},
                                     {"X-Hop", "1"},
                                     {"Location", "http://127.0.0.1:3000/a"},
                                     {"Content-Encoding", "gzip"}};
    CHECK(relay::fields_to_answer(of).text() ==
          "Content-Type: text/html\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n"
          "Location: http://127.0.0.1:3000/a\r\nContent-Encoding: gzip\r\n");
}

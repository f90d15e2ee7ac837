#include <anywire/request.hpp>

#include "session/request_builder.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace anywire;

namespace {

using fields = std::vector<std::pair<std::string, std::string>>;

fields all_of(request const& r) {
    fields out;
    r.for_each_header(
        [&](std::string_view name, std::string_view value) { out.emplace_back(name, value); });
    return out;
}

}  // namespace

TEST_CASE("a request keeps its target, its address and its fields in order") {
    request_builder b;
    b.set_target("/chat/websocket?room=1&x=?");
    b.set_remote("203.0.113.7", true);
    b.add_field("Host", "example.com");
    b.add_field("X-Two", "a: b");
    b.add_field("x-two", "second");
    b.add_field("Empty", "");
    auto const r = b.build();
    CHECK(r.target() == "/chat/websocket?room=1&x=?");
    CHECK(r.path() == "/chat/websocket");
    CHECK(r.query() == "room=1&x=?");
    CHECK(r.remote_address() == "203.0.113.7");
    CHECK(r.is_secure());
    CHECK(r.header("host") == "example.com");
    CHECK(r.header("X-TWO") == "a: b");
    CHECK(r.header("Empty").empty());
    CHECK(r.header("Absent").empty());
    CHECK(all_of(r) ==
          fields{{"Host", "example.com"}, {"X-Two", "a: b"}, {"x-two", "second"}, {"Empty", ""}});
}

TEST_CASE("an empty request has empty parts") {
    request const r;
    CHECK(r.target().empty());
    CHECK(r.path().empty());
    CHECK(r.query().empty());
    CHECK(r.header("host").empty());
    CHECK(r.remote_address().empty());
    CHECK_FALSE(r.is_secure());
    CHECK(all_of(r).empty());
    auto const built = request_builder{}.build();
    CHECK(built.target().empty());
    CHECK(all_of(built).empty());
}

TEST_CASE("a request outlives what it was built from, and moves") {
    request r;
    {
        std::string target("/a?b");
        std::string address("::1");
        request_builder b;
        b.set_target(target);
        b.set_remote(address, false);
        b.add_field("Cookie", std::string("k=v"));
        r = b.build();
        target.assign("xxxx");
        address.assign("xxx");
    }
    auto const moved = std::move(r);
    CHECK(moved.target() == "/a?b");
    CHECK(moved.query() == "b");
    CHECK(moved.remote_address() == "::1");
    CHECK(moved.header("cookie") == "k=v");
}

TEST_CASE("the host asked for is that of the field, unless it is known better") {
    request_builder b;
    CHECK(b.build().host().empty());
    CHECK(request().host().empty());
    b.set_target("/a");
    b.set_remote("::1", false);
    b.add_field("Host", "10.0.0.5:8080");
    CHECK(b.build().host() == "10.0.0.5:8080");
    b.set_host("example.com");
    auto const r = b.build();
    CHECK(r.host() == "example.com");
    CHECK(r.header("host") == "10.0.0.5:8080");
    CHECK(r.remote_address() == "::1");
}

TEST_CASE("fields that concern only the connection are left out") {
    request_builder b;
    for (auto const* name : {"Connection",
                             "UPGRADE",
                             "Keep-Alive",
                             "Content-Length",
                             "Transfer-Encoding",
                             "TE",
                             "Sec-WebSocket-Key",
                             "sec-websocket-extensions",
                             "Sec-WebSocket-Version"})
        b.add_field(name, "x");
    b.add_field("Sec-Fetch-Site", "same-origin");
    b.add_field("Authorization", "Bearer t");
    CHECK(all_of(b.build()) ==
          fields{{"Sec-Fetch-Site", "same-origin"}, {"Authorization", "Bearer t"}});
}

TEST_CASE("parts that are too long are cut or left out, never torn over each other") {
    request_builder b;
    std::string const long_target(70'000, 't');
    std::string const long_value(65'000, 'v');
    b.set_target(long_target);
    b.set_remote(long_target, false);
    b.add_field("A", long_value);
    b.add_field("B", long_value);  // no room is left
    b.add_field("C", "c");
    auto const r = b.build();
    CHECK(r.target().size() == 65'535);
    CHECK(r.remote_address().size() == 65'535);
    CHECK(r.header("A") == long_value);
    CHECK(r.header("B").empty());
    CHECK(r.header("C") == "c");
}

TEST_CASE("the subprotocols that were offered are kept, of all fields, in their order") {
    request_builder b;
    b.add_field("Sec-WebSocket-Protocol", "bearer, secret");
    b.add_field("Other", "no");
    b.add_field("sec-websocket-protocol", "not a token, v1");
    auto const r = b.build();
    CHECK(r.header("sec-websocket-protocol") == "bearer, secret");
    CHECK(r.subprotocols() == std::vector<std::string_view>{"bearer", "secret", "v1"});
    CHECK(request_builder().build().subprotocols().empty());
    CHECK(request().subprotocols().empty());
}

TEST_CASE("a request keeps the client's certificate after its fields, if there is one") {
    request_builder b;
    b.set_target("/chat");
    b.set_remote("203.0.113.7", true);
    b.add_field("Host", "example.com");
    b.set_host("example.com:8443");
    CHECK_FALSE(b.build().certificate());
    CHECK_FALSE(request().certificate());

    std::string const fingerprint(64, 'a');
    std::string const pem(3'000, 'p');
    b.set_certificate({"CN=device 7", fingerprint, pem});
    auto const r = b.build();
    REQUIRE(r.certificate());
    CHECK(r.certificate()->subject == "CN=device 7");
    CHECK(r.certificate()->fingerprint == fingerprint);
    CHECK(r.certificate()->pem == pem);
    CHECK(r.header("host") == "example.com");
    CHECK(r.remote_address() == "203.0.113.7");
    auto const copy = r.copy();
    REQUIRE(copy.certificate());
    CHECK(copy.certificate()->pem == pem);
    CHECK(copy.host() == "example.com:8443");

    request_builder huge;
    std::string const too_long(70'000, 'p');
    huge.set_certificate({"CN=device 7", fingerprint, too_long});
    CHECK_FALSE(huge.build().certificate());
}

// How a client's sockets join their namespaces and leave them.
#include "support/socketio_client_fixture.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>

namespace anywire::test {

using namespace std::chrono_literals;

TEST_CASE("a socket joins when the connection has opened", "[socketio_client]") {
    client_script t;
    strings heard;
    auto& s = t.io.socket();
    note_all(s, heard);
    REQUIRE(!s.is_active());
    s.connect();
    REQUIRE(s.is_active());
    REQUIRE(t.took() == strings{"connect"});
    s.connect();
    REQUIRE(t.took().empty());
    t.open();
    REQUIRE(t.took() == strings{"0"});
    REQUIRE(!s.is_connected());
    t.hear(R"(0{"sid":"abc"})");
    REQUIRE(heard == strings{"connect abc"});
    REQUIRE(s.is_connected());
    REQUIRE(&t.io.socket("/") == &s);
}

TEST_CASE("namespaces share a connection, each with its auth", "[socketio_client]") {
    client_script t;
    strings heard;
    auto& a = t.io.socket("/a", {.auth = {{"token", "x"}, {"n", 1}}});
    auto& b = t.io.socket("b");
    note_all(a, heard);
    note_all(b, heard);
    t.io.connect();
    t.open();
    REQUIRE(t.took() == strings{"connect", R"(0/a,{"token":"x","n":1})", "0/b,"});
    t.hear(R"(0/b,{"sid":"bb"})");
    t.hear(R"(0/a,{"sid":"aa"})");
    REQUIRE(heard == strings{"connect bb", "connect aa"});
    REQUIRE(b.nsp_name() == "/b");

    // One leaves: the connection stays for the other.
    a.disconnect();
    t.home->run();
    REQUIRE(t.took() == strings{"1/a,"});
    b.disconnect();
    t.home->run();
    REQUIRE(t.took() == strings{"1/b,", "close"});
    REQUIRE(heard == strings{"connect bb",
                             "connect aa",
                             "disconnect io client disconnect",
                             "disconnect io client disconnect"});
}

TEST_CASE("a lost connection is joined again", "[socketio_client]") {
    client_script t;
    strings heard;
    auto& s = t.joined();
    note_all(s, heard);
    auto const [why, text] = GENERATE(table<close_reason, std::string>({
        {close_reason::transport_lost, "transport close"},
        {close_reason::server_closed, "transport close"},
        {close_reason::client_closed, "transport close"},
        {close_reason::heartbeat_timeout, "ping timeout"},
        {close_reason::protocol_error, "transport error"},
        {close_reason::message_too_big, "transport error"},
    }));
    t.cut(why);
    REQUIRE(heard == strings{"disconnect " + text});
    REQUIRE(s.is_active());
    REQUIRE(s.id().empty());
    t.open();
    REQUIRE(t.took() == strings{"0"});
    t.hear(R"(0{"sid":"two"})");
    REQUIRE(heard.back() == "connect two");
}

TEST_CASE("a polling connection that is lost is an error", "[socketio_client]") {
    client_script t;
    strings heard;
    t.wire.name = "polling";
    note_all(t.joined(), heard);
    t.cut();
    REQUIRE(heard == strings{"disconnect transport error"});
}

TEST_CASE("a middleware's refusal comes with its data, and is final", "[socketio_client]") {
    client_script t;
    strings heard;
    auto& s = t.io.socket("/a");
    auto& other = t.io.socket("/b");
    note_all(s, heard);
    t.io.connect();
    t.open();
    (void)t.took();
    t.hear(R"(4/a,{"message":"not authorized","data":{"code":7}})");
    REQUIRE(heard == strings{R"(error not authorized {"code":7})"});
    REQUIRE(!s.is_active());
    REQUIRE(t.took().empty());
    t.cut();
    t.open();
    REQUIRE(t.took() == strings{"0/b,"});
    s.connect();
    REQUIRE(t.took() == strings{"0/a,"});
    t.hear(R"(4/a,"as text")");
    REQUIRE(heard.back() == "error as text");
    t.hear(R"(4/b,{})");
    REQUIRE(!other.is_active());
    REQUIRE(t.took() == strings{"close"});
}

TEST_CASE("the server puts a socket out, and it stays out", "[socketio_client]") {
    client_script t;
    strings heard;
    auto& s = t.joined();
    note_all(s, heard);
    t.hear("1");
    REQUIRE(heard == strings{"disconnect io server disconnect"});
    REQUIRE(!s.is_active());
    REQUIRE(t.took() == strings{"close"});
    // It asks again while the connection closes.
    s.connect();
    REQUIRE(t.took() == strings{"connect"});
    t.cut(close_reason::server_closed);
    t.core->on_end();
    t.open();
    REQUIRE(t.took() == strings{"0"});
}

TEST_CASE("whoever closes while it opens again does not come back", "[socketio_client]") {
    client_script t;
    int failed = 0;
    t.io.on_reconnect_failed([&] { ++failed; });
    auto& s = t.joined();
    s.disconnect();
    s.connect();
    REQUIRE(t.took() == strings{"1", "close", "connect"});
    s.disconnect();
    REQUIRE(t.took() == strings{"close"});
    t.core->on_end();
    s.connect();
    REQUIRE(t.took() == strings{"connect"});
    REQUIRE(failed == 0);
}

TEST_CASE("a URL without a path leads to Socket.IO", "[socketio_client]") {
    REQUIRE(sio::engine_url("http://a") == "http://a/socket.io/");
    REQUIRE(sio::engine_url("https://a:81/") == "https://a:81/socket.io/");
    REQUIRE(sio::engine_url("wss://a?b=/c") == "wss://a/socket.io/?b=/c");
    REQUIRE(sio::engine_url("http://a/?b") == "http://a/socket.io/?b");
    REQUIRE(sio::engine_url("http://a/my/path") == "http://a/my/path");
    REQUIRE(sio::engine_url("nothing") == "nothing");
}

TEST_CASE("no connection is an error of every active socket", "[socketio_client]") {
    client_script t;
    strings heard;
    auto& s = t.io.socket();
    note_all(s, heard);
    strings of_manager;
    t.io.on_failure([&](client_failure const& why) { of_manager.push_back(why.text); });
    t.io.on_reconnecting([&](client_retry const& next) {
        of_manager.push_back(std::to_string(next.attempt) + " " +
                             std::to_string(next.delay.count()));
    });
    t.io.on_reconnect_failed([&] { of_manager.emplace_back("failed"); });
    s.connect();
    t.core->on_failure({.text = "nobody answers"});
    t.core->on_reconnecting({.attempt = 1, .delay = 900ms});
    t.core->on_failure({.text = "nobody answers"});
    t.core->on_end();
    REQUIRE(heard == strings{"error nobody answers", "error nobody answers"});
    REQUIRE(of_manager == strings{"nobody answers", "1 900", "nobody answers", "failed"});
    REQUIRE(s.is_active());
    // Active already, but the connection has given up: `connect` begins anew.
    REQUIRE(t.took() == strings{"connect"});
    t.io.connect();
    s.connect();
    REQUIRE(t.took() == strings{"connect"});
}

TEST_CASE("a socket that leaves before it is in says so when it is", "[socketio_client]") {
    client_script t;
    strings heard;
    auto& s = t.io.socket("/a");
    (void)t.io.socket("/b");
    note_all(s, heard);
    t.io.connect();
    t.open();
    (void)t.took();
    s.disconnect();
    REQUIRE(t.took().empty());
    SECTION("and is let in") {
        t.hear(R"(0/a,{"sid":"x"})");
        REQUIRE(t.took() == strings{"1/a,"});
    }
    SECTION("and is refused") {
        t.hear(R"(4/a,{"message":"no"})");
        REQUIRE(t.took().empty());
    }
    SECTION("and comes back before") {
        s.connect();
        REQUIRE(t.took().empty());
        t.hear(R"(0/a,{"sid":"x"})");
        REQUIRE(heard == strings{"connect x"});
        return;
    }
    REQUIRE(heard.empty());
    s.connect();
    REQUIRE(t.took() == strings{"0/a,"});
}

TEST_CASE("auth may come from a function, late", "[socketio_client]") {
    client_script t;
    strings heard;
    std::vector<sio::auth_answer> asked;
    auto& s = t.io.socket("/", {.auth = [&](sio::auth_answer a) { asked.push_back(a); }});
    note_all(s, heard);
    s.connect();
    REQUIRE(asked.empty());
    t.open();
    REQUIRE(asked.size() == 1);
    REQUIRE(t.took() == strings{"connect"});
    SECTION("once") {
        asked[0]({{"token", 1}});
        asked[0]({{"token", 2}});
        REQUIRE(t.took() == strings{R"(0{"token":1})"});
    }
    SECTION("from another thread") {
        t.home->here = false;
        asked[0](std::map<std::string, int>{{"token", 3}});
        REQUIRE(t.took().empty());
        t.home->here = true;
        t.home->run();
        REQUIRE(t.took() == strings{R"(0{"token":3})"});
    }
    SECTION("for another connection than it was asked for") {
        t.cut();
        REQUIRE(heard == strings{"error transport close"});
        t.open();
        asked[0]({{"token", "old"}});
        REQUIRE(t.took().empty());
        asked[1]({{"token", "new"}});
        REQUIRE(t.took() == strings{R"(0{"token":"new"})"});
    }
    SECTION("or never") {
        asked.clear();
        REQUIRE(heard.empty());
        t.home->run();
        REQUIRE(heard == strings{"error No auth was given"});
        REQUIRE(!s.is_active());
    }
    SECTION("or not as an object") {
        asked[0](std::string("text"));
        REQUIRE(heard.empty());
        t.home->run();
        REQUIRE(heard == strings{"error The auth is no object of JSON"});
    }
}

TEST_CASE("what cannot be said is refused at once", "[socketio_client]") {
    client_script t;
    REQUIRE_THROWS_AS(t.io.socket("/a,b"), std::invalid_argument);
    REQUIRE_THROWS_AS(t.io.socket("/a?b"), std::invalid_argument);
    REQUIRE_THROWS_AS(t.io.socket("/", {.auth = 1}), std::invalid_argument);
    REQUIRE_THROWS_AS(t.io.socket("/", {.auth = {{"b", std::vector<std::byte>(3)}}}),
                      std::invalid_argument);
    auto& s = t.io.socket();
    REQUIRE_THROWS_WITH(s.on("connect", [] {}), Catch::Contains("on_connect"));
    REQUIRE_THROWS_WITH(s.emit("disconnect"), Catch::Contains("socket.disconnect()"));
    REQUIRE_THROWS_AS(s.on_connect({}), std::invalid_argument);
    REQUIRE_THROWS_AS(client_script({.max_depth = 0}), std::invalid_argument);
    REQUIRE_THROWS_AS(client_script({.engine = {.revision = 2}}), std::invalid_argument);
    REQUIRE_THROWS_AS(client_script({.engine = {.revision = 3}, .parser = sio::msgpack_parser()}),
                      std::invalid_argument);
}

TEST_CASE("protocol 4 has the main namespace unasked", "[socketio_client]") {
    client_script t({.engine = {.revision = 3}});
    strings heard;
    auto& s = t.io.socket();
    auto& a = t.io.socket("/a", {.auth = {{"token", "x y"}, {"n", 1}}});
    note_all(s, heard);
    note_all(a, heard);
    t.io.connect();
    t.open();
    REQUIRE(t.took() == strings{"connect", "0/a?token=x%20y&n=1,"});
    t.hear("0");
    t.hear("0/a,");
    REQUIRE(heard == strings{"connect engine", "connect /a#engine"});
    // A 2.x server reports what a middleware for events has refused so.
    t.hear(R"(4/a,{"code":7})");
    REQUIRE(heard.back() == R"(error  {"code":7})");
    REQUIRE(a.is_connected());
    t.cut();
    t.open();
    t.hear("0");
    t.hear(R"(4/a,"refused")");
    REQUIRE(heard.back() == R"(error refused "refused")");
    REQUIRE(!a.is_active());
}

TEST_CASE("protocol 4's main namespace may be wanted late", "[socketio_client]") {
    client_script t({.engine = {.revision = 3}});
    strings heard;
    auto& s = t.io.socket();
    note_all(s, heard);
    t.io.socket("/a").connect();
    t.open();
    t.hear("0");
    s.connect();
    REQUIRE(heard.empty());
    t.home->run();
    REQUIRE(heard == strings{"connect engine"});
}

TEST_CASE("a server of protocol 4 is told from one of 5", "[socketio_client]") {
    client_script t;
    strings heard;
    note_all(t.io.socket(), heard);
    t.io.connect();
    t.open();
    t.hear("0");
    REQUIRE(heard == strings{"error a CONNECT without a sid, as by a server of protocol 4"});
}

}  // namespace anywire::test

// How clients of STOMP over TCP are turned away, and how their sessions end.

#include "support/stomp_wire.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
using client = stomp_wire_client<>;
using Catch::Matchers::Contains;

TEST_CASE("an ERROR is not lost, though the client goes on sending") {
    stomp_tcp_server at(allow_all);
    client c(at.port());
    c.connect();
    c.send(frame_of("SEND", {"destination:/elsewhere", "receipt:r"}));
    for (int i = 0; i < 64; ++i) (void)c.try_send(std::string(65536, '\n'));
    auto const error = c.read();
    CHECK(error.command == "ERROR");
    CHECK(error.header("receipt-id") == "r");
    CHECK(c.is_ended_by_peer());
    CHECK_FALSE(c.was_reset());
}

TEST_CASE("who speaks HTTP, or nothing that is known, gets an ERROR and the end") {
    notes seen;
    stomp_tcp_server at([&](stomp::server& s) {
        allow_all(s);
        s.on_connect([&](stomp::connect const&, stomp::admission const&) { seen.add("asked"); });
    });
    for (std::string const first : {"POST / HTTP/1.1", "GET /stomp HTTP/1.1", "connect"}) {
        client c(at.port());
        c.send(first + "\r\nHost: x\r\n\r\n" + frame_of("CONNECT", {"accept-version:1.2"}));
        CHECK(c.read().command == "ERROR");
        CHECK(c.is_ended_by_peer());
    }
    CHECK(seen.all().empty());
    // Nor is there a path by which HTTP gets there.
    CHECK(raw_client(at.runs.port()).get(at.listener->url()).status == 400);
    CHECK(raw_client(at.runs.port()).get("/").status == 404);
}

TEST_CASE("a client that ends its side after DISCONNECT still reads its receipt") {
    stomp_tcp_server at(allow_all);
    client c(at.port());
    c.send(frame_of("CONNECT", {"accept-version:1.2"}) + frame_of("DISCONNECT", {"receipt:r"}));
    c.end_sending();
    CHECK(c.read().command == "CONNECTED");
    CHECK(c.read().header("receipt-id") == "r");
    CHECK(c.is_ended_by_peer());
}

TEST_CASE("a client that goes is gone: at its end, and at a reset") {
    notes seen;
    stomp_tcp_server at([&](stomp::server& s) {
        s.on_disconnect([&](stomp::client&, close_event const& how) {
            seen.add(std::string(to_string(how.reason)) + ", " + std::string(how.text));
        });
    });
    client polite(at.port());
    polite.connect();
    polite.close();
    CHECK(seen.wait_for("transport_lost, the client closed the connection"));
    client rude(at.port());
    rude.connect();
    rude.reset();
    CHECK(seen.wait_for("transport_lost, the connection broke"));
}

TEST_CASE("who does not connect in time is told so") {
    stomp_tcp_server at(no_set_up, {.connect_timeout = 100ms});
    client silent(at.port());
    CHECK(silent.read().header("message") == "no CONNECT in time");
    CHECK(silent.is_ended_by_peer());
}

TEST_CASE("who is not let in before there is a session is told why") {
    SECTION("by authorize") {
        stomp::options o;
        o.authorize = [](request const& r, decision d) {
            CHECK(r.remote_address() == "127.0.0.1");
            d.refuse(403, "not from here");
        };
        stomp_tcp_server at(no_set_up, o);
        client c(at.port());
        CHECK(c.read().header("message") == "not from here");
        CHECK(c.is_ended_by_peer());
    }
    SECTION("by authorize, later, after the client has gone") {
        std::vector<decision> asked;
        notes seen;
        stomp::options o;
        o.authorize = [&](request const&, decision d) {
            asked.push_back(d);
            seen.add("asked");
        };
        stomp_tcp_server at(no_set_up, o);
        client gone(at.port());
        gone.send(frame_of("CONNECT"));
        REQUIRE(seen.wait_for("asked"));
        gone.reset();
        client stays(at.port());
        stays.send(frame_of("CONNECT"));
        REQUIRE(seen.wait_for("asked", 2));
        for (auto const& d : asked) d.accept(std::string("ann"));
        CHECK(stays.read().header("user-name") == "ann");
        CHECK(eventually([&] { return at.broker.numbers().clients == 1; }));
    }
    SECTION("for want of sessions") {
        stomp_tcp_server at(no_set_up, {}, {.limits = {.max_sessions = 1}});
        client first(at.port());
        first.connect();
        client second(at.port());
        CHECK(second.read().command == "ERROR");
        first.close();
        REQUIRE(eventually([&] { return at.broker.numbers().clients == 0; }));
        client third(at.port());
        third.connect();
    }
    SECTION("for want of connections, of all and of its address") {
        auto o = on_free_port();
        auto const per_address = GENERATE(false, true);
        (per_address ? o.limits.max_connections_per_address : o.limits.max_connections) = 1;
        stomp_tcp_server at(no_set_up, {}, {}, o);
        client first(at.port());
        first.connect();
        client second(at.port());
        CHECK(second.read().header("message") == "too many connections");
        CHECK(second.is_ended());
    }
}

TEST_CASE("a drain ends connections after what is queued, and lets nobody in") {
    notes seen;
    stomp_tcp_server at([&](stomp::server& s) {
        allow_all(s);
        s.on_disconnect([&](stomp::client&, close_event const& how) {
            seen.add(std::to_string(static_cast<unsigned>(how.code)));
        });
    });
    client c(at.port());
    c.connect();
    c.subscribe("/topic/a");
    std::string const big(4u << 20, 'q');
    REQUIRE(at.broker.send("/topic/a", big));
    at.runs->drain(drain_options{.deadline = 20s, .spread = 1ms});
    CHECK(c.read().body.size() == big.size());
    CHECK(c.is_ended_by_peer());
    CHECK_FALSE(c.was_reset());
    c.close();
    CHECK(at.runs.wait_for_end());
    CHECK(seen.all() == std::vector<std::string>{"1001"});
    CHECK_THROWS_WITH(client(at.port()).connect(), Contains("connect") || Contains("ended"));
}

TEST_CASE("clients come back to a server that starts again on the same port") {
    std::uint16_t port = 0;
    std::unique_ptr<client> c;
    {
        stomp_tcp_server at(allow_all);
        port = at.port();
        c = std::make_unique<client>(port);
        c->connect();
    }
    CHECK(c->is_ended());
    stomp_tcp_server again(allow_all, {}, {.listen = {.port = port}});
    client back(port);
    back.connect();
    back.subscribe("/topic/a");
    REQUIRE(again.broker.send("/topic/a", "again"));
    CHECK(back.read().body == "again");
}

TEST_CASE("a listener may go while its clients stay, and another one come in its place") {
    stomp_tcp_server at(allow_all);
    client stays(at.port());
    stays.connect();
    stays.subscribe("/topic/a");
    auto const port = at.port();
    at.listener->close();
    at.listener->close();
    CHECK(eventually([&] {
        try {
            client const refused(port);
            return false;
        } catch (std::runtime_error const&) {
            return true;
        }
    }));
    at.listener = std::make_unique<stomp::tcp_listener>(
        *at.runs.operator->(), at.broker, stomp::tcp_options{.listen = {.port = port}});
    client back(port);
    back.connect();
    back.subscribe("/topic/a");
    REQUIRE(at.broker.send("/topic/a", "to both"));
    CHECK(stays.read().body == "to both");
    CHECK(back.read().body == "to both");
}

TEST_CASE("what cannot be listened at is said at once") {
    server s(on_free_port());
    stomp::server const broker;
    CHECK_THROWS_AS(stomp::tcp_listener(s, broker, {.listen = {.port = s.port()}}),
                    std::system_error);
    CHECK_THROWS_WITH(
        stomp::tcp_listener(s, broker, {.listen = {.port = 0}, .limits = {.max_message = 0}}),
        Contains("max_message"));
    CHECK_THROWS_WITH(
        stomp::tcp_listener(s, broker, {.listen = {.port = 0, .tls = {.certificate = "x.pem"}}}),
        Contains("tls.key"));
    testing::host in_memory;
    CHECK_THROWS_AS(stomp::tcp_listener(in_memory, stomp::server{}, {.listen = {.port = 0}}),
                    std::logic_error);
    server other(on_free_port());
    CHECK_THROWS_AS(stomp::tcp_listener(other, broker, {.listen = {.port = 0}}), std::logic_error);
}

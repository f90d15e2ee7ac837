// Ways to listen for STOMP: TLS, Unix domain sockets, the PROXY protocol, a program's own loop.

#include <anywire/asio.hpp>

#include "support/certificate.hpp"
#include "support/proxy_headers.hpp"
#include "support/stomp_wire.hpp"
#include "support/temp_folder.hpp"
#include "support/tls_client.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
using client = stomp_wire_client<>;

namespace {

/// Notes who the clients are.
auto noting_clients(notes& seen) {
    return [&seen](stomp::server& s) {
        allow_all(s);
        s.on_connected([&seen](stomp::client& c) {
            auto const& r = c.session().request();
            auto const shown = r.certificate();
            seen.add(std::string(r.remote_address()) + (r.is_secure() ? " secure" : " plain") +
                     (shown ? " " + std::string(shown->subject) : ""));
        });
    };
}

}  // namespace

TEST_CASE("STOMP over TLS") {
    certificate const own;
    notes seen;
    stomp_tcp_server at(
        noting_clients(seen),
        {},
        {.listen = {.port = 0,
                    .tls = {.certificate = own.certificate_file(), .key = own.key_file()}}});
    CHECK(at.listener->url().starts_with("stomp+ssl://127.0.0.1:"));
    stomp_wire_client<tls_client> c(at.port());
    c.connect();
    CHECK(seen.wait_for("127.0.0.1 secure"));
    c.subscribe("/topic/a");
    std::string const big(300'000, 'b');
    REQUIRE(at.broker.send("/topic/a", big));
    CHECK(c.read().body == big);
    c.send(frame_of("DISCONNECT", {"receipt:r"}));
    CHECK(c.read().command == "RECEIPT");
    CHECK(c.is_ended_by_peer());
    CHECK(c.heard_end());
    CHECK(at.listener->reload_certificates().empty());
    stomp_wire_client<tls_client>(at.port()).connect();
    // Who speaks no TLS learns nothing.
    client plain(at.port());
    plain.send(frame_of("CONNECT"));
    CHECK_FALSE(plain.read_to_end().starts_with("ERROR"));
}

TEST_CASE("STOMP at a Unix domain socket") {
    temp_folder const folder;
    auto const path = folder.file("stomp.sock");
    notes seen;
    {
        stomp_tcp_server at(noting_clients(seen), {}, {.listen = {.path = path}});
        CHECK(at.port() == 0);
        CHECK(at.listener->url() == "unix:" + path);
        client c(0, {.path = path});
        c.connect();
        CHECK(seen.wait_for("unix: plain"));
    }
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("STOMP behind a proxy that says for whom it connects") {
    notes seen;
    stomp_tcp_server at(noting_clients(seen),
                        {},
                        {.listen = {.port = 0, .proxy_protocol = proxy_protocol::required}});
    client c(at.port());
    c.send("PROXY TCP4 192.0.2.7 198.51.100.1 12345 61613\r\n");
    c.connect();
    CHECK(seen.wait_for("192.0.2.7 plain"));
    client without(at.port());
    without.send(frame_of("CONNECT"));
    CHECK(without.is_ended_by_peer());
}

TEST_CASE("STOMP over TCP is counted as the mount that it is") {
    notes seen;
    stomp_tcp_server at(noting_clients(seen));
    client c(at.port());
    c.connect();
    REQUIRE(seen.wait_for("127.0.0.1"));
    auto const all = at.runs->snapshot();
    auto found = false;
    for (auto const& m : all.mounts)
        if (m.path == at.listener->url()) found = m.dialect == "stomp" && m.sessions == 1;
    CHECK(found);
}

TEST_CASE("STOMP over TCP on the loop of a program, which may end before the listener") {
    boost::asio::io_context loop{1};
    stomp::server broker;
    allow_all(broker);
    auto live = std::make_unique<service>(executors(loop.get_executor()));
    stomp::tcp_listener const listener(*live, broker, {.listen = {.port = 0}});
    auto work = boost::asio::make_work_guard(loop);
    std::thread runs([&] { loop.run(); });
    client c(listener.port());
    c.connect();
    c.subscribe("/topic/a");
    REQUIRE(broker.send("/topic/a", "here"));
    CHECK(c.read().body == "here");
    live->drain(10s, [&] { loop.stop(); });
    CHECK(c.is_ended_by_peer());
    c.close();
    runs.join();
    live.reset();
}

// What ends a socket of a Socket.IO server, over the wire, and who hears of it.
#include "integration/socketio_client.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
using strings = std::vector<std::string>;

TEST_CASE("a handler that throws ends its connection and no other") {
    auto const* const where = GENERATE("handler",
                                       "connection",
                                       "any",
                                       "outgoing",
                                       "filter",
                                       "error",
                                       "ack",
                                       "after",
                                       "posted",
                                       "late");
    std::string const which = where;
    CAPTURE(which);
    socketio_test_server tested(1, [&](sio::server const& io, notes& seen) {
        io.on_connection([&, which](sio::socket& s) {
            if (s.auth().find("good")) return;
            auto const fail = [] { throw std::runtime_error("oh"); };
            if (which == "connection") fail();
            s.on("go", [&, which, fail] {
                if (which == "handler") fail();
                if (which == "ack") s.emit("q", [fail] { fail(); });
                if (which == "late") s.timeout(1ms).emit("q", [fail](error_code) { fail(); });
                if (which == "after") s.after(1ms, [fail](sio::socket&) { fail(); });
                if (which == "outgoing") s.emit("out");
            });
            if (which == "any") s.on_any([fail](sio::event const&) { fail(); });
            if (which == "outgoing") s.on_any_outgoing([fail](sio::event const&) { fail(); });
            if (which == "filter") s.use([fail](sio::event const&, sio::next) { fail(); });
            if (which == "error") {
                s.use([](sio::event const&, sio::next go_on) { go_on({.message = "no"}); });
                s.on_error([fail](sio::connect_error const&) { fail(); });
            }
            seen.add("id " + s.id());
        });
    });
    sio_client good(tested.port());
    (void)good.join("/", R"({"good":1})");
    sio_client c(tested.port());
    auto const id = [&] {
        try {
            return c.join().sid;
        } catch (std::runtime_error const&) {
            c.try_send(client_close(1011));  // else its end comes after `close_handshake`
            return std::string();
        }
    }();
    if (which == "posted") tested.io.post(id, [](sio::socket&) { throw 1; });
    if (!id.empty()) c.try_send(client_frame(1, R"(42["go"])"));
    if (which == "ack") {
        auto const p = c.until("2");
        c.packet("3" + p.substr(1, p.find('[') - 1) + "[]");
    }
    CHECK(c.is_closed());
    CHECK(tested.seen.wait_for("disconnect / forced close"));
    CHECK(good.flush().empty());
    CHECK(eventually([&] { return tested.io.connection_count() == 1; }));
    CHECK(tested.log.wait_for(which == "after" ? "a handler threw: oh"
                                               : "a socket.io handler threw: "));
}

TEST_CASE("disconnect handlers hear why, with the rooms before and without after") {
    auto const threads = GENERATE(1u, 4u);
    socketio_test_server tested(threads, [](sio::server const& io, notes& seen) {
        io.on_connection([&seen](sio::socket& s) {
            s.join("a");
            s.on_disconnecting([&](sio::disconnect_reason why) {
                seen.add("disconnecting " + std::string(to_string(why)) + " " +
                         std::to_string(s.rooms().size()));
                CHECK_FALSE(s.is_connected());
            });
            s.on_disconnect([&](sio::disconnect_reason) {
                seen.add("rooms " + std::to_string(s.rooms().size()) +
                         (s.join("b") ? " joined" : ""));
                throw std::runtime_error("nobody minds");
            });
        });
    });
    {
        sio_client c(tested.port());
        (void)c.join();
        c.packet("1");
        REQUIRE(tested.seen.wait_for("rooms"));
        // The connection lives on, and the namespace can be joined again.
        (void)c.join();
        CHECK(c.flush().empty());
    }
    CHECK(tested.seen.wait_for("rooms", 2));
    CHECK(tested.seen.all() == strings{"connection /",
                                       "disconnecting client namespace disconnect 2",
                                       "disconnect / client namespace disconnect",
                                       "rooms 1",
                                       "connection /",
                                       "disconnecting transport close 2",
                                       "disconnect / transport close",
                                       "rooms 1"});
    CHECK(tested.is_empty());
}

namespace {

/// An application that lets clients be sent away.
void send_away(sio::server const& io, notes&) {
    io.on("kick", [](sio::socket& s, bool close) { s.disconnect(close); });
    io.on_connection([](sio::socket& s) {
        s.on("leave", [&s] {
            s.disconnect();
            s.disconnect();
            s.emit("nothing");
        });
    });
}

}  // namespace

TEST_CASE("each way to go has its reason") {
    sio::options o;
    o.engine.ping_interval = 100ms;
    o.engine.ping_timeout = 100ms;
    auto const threads = GENERATE(1u, 4u);
    auto tested = std::make_unique<socketio_test_server>(threads, send_away, o);
    auto const reason = [&](std::string const& why) {
        INFO(why);
        CHECK(tested->seen.wait_for("disconnect / " + why));
    };
    {
        sio_client c(tested->port());
        (void)c.join();
        c.packet(R"(2["leave"])");
        CHECK(c.next() == "1");
        reason("server namespace disconnect");
        (void)c.join();
        c.packet(R"(2["kick",true])");
        CHECK(c.next() == "1");
        CHECK(c.is_closed());
        CHECK(tested->seen.wait_for("disconnect / server namespace disconnect", 2));
    }
    for (auto const& [text, why] : {std::pair{"42[{}]", "forced close"},
                                    {"42/unknown,[\"e\"]", "forced server close"},
                                    {"9", "parse error"},
                                    {"2", "transport error"}}) {
        sio_client c(tested->port());
        (void)c.join();
        c.send_text(text);
        CHECK(c.is_closed());
        reason(why);
    }
    {
        sio_client c(tested->port());
        (void)c.join();
        c.reset();
        reason("transport close");
    }
    {
        sio_client c(tested->port());
        (void)c.join();
        reason("ping timeout");
    }
    sio_client c(tested->port());
    (void)c.join();
    tested->io.close();
    reason("server shutting down");
    CHECK(c.is_closed());
    CHECK(tested->is_empty());
}

// What went wrong once: each case is the way by which it was found.
#include "integration/socketio_client.hpp"

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
using strings = std::vector<std::string>;

TEST_CASE("a middleware that keeps its next and disconnects leaves nobody paused") {
    std::vector<sio::next> kept;
    socketio_test_server tested(1, [&](sio::server const& io, notes&) {
        io.of("/m").on_connection([&](sio::socket& s) {
            s.use([&](sio::event const&, sio::next const& go_on) {
                kept.push_back(go_on);
                s.disconnect();
            });
        });
    });
    sio_client c(tested.port());
    (void)c.join();
    (void)c.join("/m");
    c.packet(R"(2/m,["e"])");
    CHECK(c.next() == "1/m,");
    CHECK(c.flush().empty());

    kept.at(0)();
    (void)c.join("/m");
    CHECK(c.flush().empty());
}

TEST_CASE("a mount that is refused leaves its Socket.IO server as it was") {
    sio::server const io;
    io.on("e", [](sio::ack<int> done) { done(1); });
    {
        server other(on_free_port());
        CHECK_THROWS_AS(other.mount("no slash", io), std::invalid_argument);
        other.mount("/socket.io/", sio::server());
        CHECK_THROWS_AS(other.mount("/socket.io/", io), std::invalid_argument);
    }
    running_server at(on_free_port(2), [&](server& s) {
        s.mount("/socket.io/", io);
        CHECK_THROWS_AS(s.mount("/again/", io), std::logic_error);
    });
    sio_client c(at.port());
    (void)c.join();
    c.packet(R"(21["e"])");
    CHECK(c.next() == "31[1]");
}

TEST_CASE("a namespace has a name that clients can say") {
    sio::server const io;
    for (auto const* name : {"/a,b", "/a?b", "a,", "/a\x1e"})
        CHECK_THROWS_AS(io.of(name), std::invalid_argument);
    CHECK_THROWS_AS(io.of(std::string(257, 'x')), std::invalid_argument);
    CHECK(io.of(std::string(255, 'x')).name().size() == 256);
    CHECK(io.of("a b/\xc3\xa9").name() == "/a b/\xc3\xa9");
}

TEST_CASE("answers that are asked for before the mount come when the server runs") {
    notes seen;
    sio::server const io;
    io.emit("q", [&](error_code e, std::vector<int> const& all) {
        seen.add("answers " + std::to_string(all.size()) + (e ? "!" : ""));
        io.emit("q", [&](error_code, std::vector<int> const&) { seen.add("again"); });
    });
    io.fetch_sockets([&](error_code e, std::vector<sio::remote_socket> const& all) {
        seen.add("sockets " + std::to_string(all.size()) + (e ? "!" : ""));
    });
    CHECK(seen.all().empty());
    running_server at(on_free_port(2), [&](server& s) { s.mount("/socket.io/", io); });
    CHECK(seen.wait_for("answers 0"));
    CHECK(seen.wait_for("sockets 0"));
    CHECK(seen.wait_for("again"));
    CHECK(seen.count("answers 0!") == 0);
}

TEST_CASE("after the server's end answers are told, and what is emitted is dropped") {
    notes seen;
    auto const threads = GENERATE(1u, 3u);
    sio::options o;
    o.recovery.enabled = GENERATE(false, true);
    sio::server const io(o);
    // One that asks again and again comes to an end, too.
    std::function<void()> const ask = [&] {
        io.emit("q", [&](error_code e, std::vector<int> const&) {
            seen.add(e == errc::session_closed ? "closed" : "answered");
            ask();
        });
    };
    auto const life = std::make_shared<int>();
    auto const emit_kept = [&] {
        // What an operation holds shows whether it is still there.
        io.fetch_sockets([life](error_code, std::vector<sio::remote_socket> const&) {});
    };
    {
        running_server at(on_free_port(threads), [&](server& s) { s.mount("/socket.io/", io); });
        sio_client c(at.port());
        (void)c.join();
        at->stop();
        REQUIRE(at.wait_for_end());
        // No shard runs any more, but the server is still there.
        for (int n = 0; n < 100; ++n) {
            io.emit("e", n);
            emit_kept();
        }
        CHECK(life.use_count() == 1);
        ask();
        CHECK(seen.count("closed") == 1);
    }
    for (int n = 0; n < 100; ++n) emit_kept();
    CHECK(life.use_count() == 1);
    ask();
    CHECK(seen.count("closed") == 2);
    CHECK(seen.count("answered") == 0);
}

TEST_CASE("a Socket.IO server that is never mounted tells those who asked when it goes") {
    notes seen;
    {
        sio::server const io;
        io.emit("q", [&](error_code e, std::vector<int> const&) {
            seen.add(e == errc::session_closed ? "closed" : "answered");
        });
    }
    // Nobody was there to answer, which is no error.
    CHECK(seen.all() == strings{"answered"});
}

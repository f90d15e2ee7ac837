// Engine.IO sessions on their way from polling to a WebSocket.
#include "support/engineio_fixture.hpp"

#include <string>

using namespace anywire;
using namespace anywire::test;

TEST_CASE("an upgrade is probed, releases the poll with a noop, and takes over what is queued") {
    engineio_world w;
    auto const version = GENERATE(revision::v4, revision::v3);
    auto& s = w.on_polling(version);
    auto& parked = w.poll(s);
    auto& socket = w.candidate(s);
    CHECK_FALSE(s.can_upgrade());
    w.receive(s, socket, "2probe");
    CHECK(socket.take() == strings{"3probe"});
    CHECK(s.is_polling());
    CHECK(parked.written.empty());
    w.tick_once();
    CHECK(parked.written == strings{"6"});
    CHECK(w.send(s, "late"));
    w.receive(s, socket, "5");
    CHECK(socket.take() == strings{"4late"});
    CHECK(s.transport() == "websocket");
    CHECK_FALSE(s.can_upgrade());
    w.receive(s, socket, "4hello");
    CHECK(w.heard == strings{"open", "message hello"});
}

TEST_CASE("every poll that comes during an upgrade is released a tick later") {
    engineio_world w;
    auto& s = w.on_polling();
    (void)w.candidate(s);
    for (int i = 0; i < 5; ++i) {
        auto& poll = w.poll(s);
        CHECK(poll.written.empty());
        w.tick_once();
        CHECK(poll.written == strings{"6"});
    }
}

TEST_CASE("until the upgrade is complete messages go by polls") {
    engineio_world w;
    auto& s = w.on_polling();
    auto& parked = w.poll(s);
    auto& socket = w.candidate(s);
    w.receive(s, socket, "2probe");
    CHECK(w.send(s, "a"));
    CHECK(parked.written == strings{"4a"});
    CHECK(w.send(s, "b"));
    CHECK(w.poll(s).written == strings{"4b"});
    w.post(s, "4up");
    CHECK(w.heard == strings{"open", "message up"});
    CHECK(socket.take() == strings{"3probe"});
}

TEST_CASE("a poll that is parked when the upgrade completes gets a noop") {
    engineio_world w;
    auto& s = w.on_polling();
    auto& socket = w.candidate(s);
    auto& parked = w.poll(s);
    w.receive(s, socket, "5");
    CHECK(parked.written == strings{"6"});
    CHECK(s.transport() == "websocket");
}

TEST_CASE("probes are answered each, and an upgrade needs none") {
    engineio_world w;
    auto& s = w.on_polling();
    auto& socket = w.candidate(s);
    auto const probes = GENERATE(0, 1, 3);
    for (int i = 0; i < probes; ++i) w.receive(s, socket, "2probe");
    CHECK(socket.take() == strings(static_cast<std::size_t>(probes), "3probe"));
    w.receive(s, socket, "5");
    CHECK_FALSE(s.is_polling());
}

TEST_CASE("anything else ends the candidate only, and another one may come") {
    engineio_world w;
    auto& s = w.on_polling();
    auto& parked = w.poll(s);
    for (auto const* const bad : {"2", "2probes", "3probe", "4x", "1", "6", "", "garbage", "5x"}) {
        CAPTURE(bad);
        auto& socket = w.candidate(s);
        w.receive(s, socket, bad);
        CHECK(socket.goodbye == "1005 ");
    }
    auto& binary = w.candidate(s);
    w.receive(s, binary, "2probe", true);
    CHECK(binary.goodbye == "1005 ");
    CHECK(w.heard == strings{"open"});
    CHECK(parked.written.empty());
    (void)w.upgraded(s);
}

TEST_CASE("a candidate that goes, before and after its probe, changes nothing") {
    engineio_world w;
    auto& s = w.on_polling();
    auto const probed = GENERATE(true, false);
    auto& socket = w.candidate(s);
    if (probed) w.receive(s, socket, "2probe");
    w.lost(s, socket);
    CHECK(s.can_upgrade());
    auto& poll = w.poll(s);
    w.advance_ticks(10);
    CHECK(poll.written.empty());
    CHECK(w.send(s, "a"));
    CHECK(poll.written == strings{"4a"});
}

TEST_CASE("a candidate has its time; the session goes on by polls") {
    engineio_world w;
    auto& s = w.on_polling();
    auto const probed = GENERATE(true, false);
    auto& socket = w.candidate(s);
    if (probed) w.receive(s, socket, "2probe");
    w.advance_ticks(399);
    CHECK(socket.goodbye.empty());
    w.advance_ticks(1);
    CHECK(socket.goodbye == "1005 ");
    CHECK(s.is_open());
    CHECK(s.can_upgrade());
}

TEST_CASE("a candidate whose answer is stuck is not flooded with more") {
    engineio_world w;
    auto& s = w.on_polling();
    auto& socket = w.candidate(s);
    socket.block();
    w.receive(s, socket, "2probe");
    SECTION("a second probe ends it") {
        w.receive(s, socket, "2probe");
        CHECK(socket.goodbye == "1005 ");
        CHECK(s.is_open());
    }
    SECTION("it goes on when the first is out") {
        w.unblock(s, socket);
        w.receive(s, socket, "2probe");
        w.receive(s, socket, "5");
        CHECK_FALSE(s.is_polling());
    }
}

// -- closing meanwhile ----------------------------------------------------------------------------

TEST_CASE("a session that ends in an upgrade takes the candidate along") {
    engineio_world w;
    auto& s = w.on_polling();
    auto& parked = w.poll(s);
    auto& socket = w.candidate(s);
    w.receive(s, socket, "2probe");
    SECTION("by the application") {
        w.close(s);
        CHECK(parked.written == strings{"1"});
    }
    SECTION("by the client") {
        w.post(s, "1");
        CHECK(parked.written == strings{"6"});
    }
    SECTION("by a parse error") {
        w.post(s, "");
        CHECK(parked.written == strings{"1"});
    }
    SECTION("by a poll that breaks") {
        w.lost(s, parked);
    }
    SECTION("by two polls") {
        w.overlap(s);
        CHECK(parked.written == strings{"1"});
    }
    SECTION("by the server that goes") {
        w.endpoint.abandon_all();
        w.loop.flush();
    }
    CHECK(socket.goodbye == "1005 ");
    CHECK(w.is_destroyed());
}

TEST_CASE("an upgrade that completes while the session closes carries what is queued") {
    engineio_world w;
    auto& s = w.on_polling();
    auto& socket = w.candidate(s);
    w.receive(s, socket, "2probe");
    (void)socket.take();
    CHECK(s.send("last"));
    w.close(s);
    CHECK(w.heard == strings{"open"});
    w.receive(s, socket, "5");
    CHECK(socket.take() == strings{"4last"});
    CHECK(socket.goodbye == "1005 ");
    CHECK(w.heard == strings{"open", "close server_closed 1000"});
    CHECK(w.is_destroyed());
}

TEST_CASE("a closing session takes no new candidate") {
    engineio_world w;
    auto& s = w.on_polling();
    CHECK(s.send("last"));
    w.close(s);
    CHECK_FALSE(s.can_upgrade());
}

TEST_CASE("a world that is torn down in an upgrade leaves nobody with the candidate") {
    engineio_world w;
    auto& s = w.on_polling();
    auto& socket = w.candidate(s);
    w.endpoint.retire(s);
    // As the destructor of an endpoint does it.
    ++w.closes;
    w.endpoint.forget(s);
    CHECK(socket.aborted);
}

// -- the heartbeat meanwhile ----------------------------------------------------------------------

TEST_CASE("an upgrade that never completes does not keep a silent session alive") {
    engineio_world w;
    w.timing.upgrade_timeout = 100'000;
    auto& s = w.on_polling();
    auto& socket = w.candidate(s);
    w.receive(s, socket, "2probe");
    w.advance_ticks(1799);
    CHECK(s.is_open());
    w.advance_ticks(1);
    CHECK(w.heard == strings{"open", "close heartbeat_timeout 1005 ping timeout"});
    CHECK(socket.goodbye == "1005 ");
}

TEST_CASE("a ping that is owed stays owed over an upgrade") {
    engineio_world w;
    auto& s = w.on_polling();
    w.advance_ticks(1000);
    CHECK(w.poll(s).written == strings{"2"});
    w.advance_ticks(300);
    auto& socket = w.upgraded(s);
    SECTION("nobody answers it") {
        w.advance_ticks(500);
        CHECK(w.heard == strings{"open", "close heartbeat_timeout 1005 ping timeout"});
        CHECK(socket.goodbye == "1005 ");
    }
    SECTION("it is answered on the WebSocket") {
        w.receive(s, socket, "3");
        w.advance_ticks(999);
        CHECK(socket.take().empty());
        w.advance_ticks(1);
        CHECK(socket.take() == strings{"2"});
    }
}

TEST_CASE("a ping that waited for a poll goes to the WebSocket") {
    engineio_world w;
    auto& s = w.on_polling();
    w.advance_ticks(1000);
    auto& socket = w.upgraded(s);
    CHECK(socket.take() == strings{"2"});
}

// -- the old transport after it ------------------------------------------------------------------

TEST_CASE("messages keep their order over an upgrade, each is sent once") {
    engineio_world w;
    auto& s = w.on_polling();
    auto& socket = w.candidate(s);
    strings all;
    for (int i = 0; i < 10; ++i) {
        CHECK(w.send(s, std::to_string(i)));
        if (i == 2 || i == 5)
            for (auto& line : w.poll(s).take()) all.push_back(line);
    }
    w.receive(s, socket, "5");
    for (auto& line : socket.take()) all.push_back(line);
    CHECK(all == strings{"40", "41", "42", "43", "44", "45", "46", "47", "48", "49"});
}

TEST_CASE("the last answer of the old transport, lost, matters only if it held messages") {
    engineio_world w;
    auto& s = w.on_polling();
    auto& socket = w.candidate(s);
    auto& last = w.poll(s);
    last.answer = then::finished;
    auto const holds = GENERATE(true, false);
    if (holds) CHECK(w.send(s, "a"));
    w.receive(s, socket, "5");
    CHECK(last.written == strings{holds ? "4a" : "6"});
    w.lost(s, last);
    CHECK(w.is_known() != holds);
    CHECK((socket.goodbye.empty() && !socket.aborted) != holds);
}

TEST_CASE("a paused session that upgrades does not read its WebSocket") {
    engineio_world w;
    auto& s = w.on_polling();
    s.pause();
    w.post(s, "4a");
    fake_post held;
    s.held().hold(held);
    auto& socket = w.upgraded(s);
    CHECK(socket.pauses == std::vector<bool>{true});
    CHECK_FALSE(held.released);
    w.resume(s);
    CHECK(socket.pauses == std::vector<bool>{true, false});
    CHECK(held.released == true);
    CHECK(w.heard == strings{"open", "message a"});
}

TEST_CASE("a session on a WebSocket takes no candidate") {
    engineio_world w;
    auto& socket = w.transport();
    auto& born_so = w.on_websocket(socket);
    CHECK_FALSE(born_so.can_upgrade());
    w.receive(born_so, socket, "5");
    w.receive(born_so, socket, "6");
    CHECK(born_so.is_open());
}

TEST_CASE("a WebSocket that goes after the upgrade ends the session") {
    engineio_world w;
    auto& s = w.on_polling();
    auto& socket = w.upgraded(s);
    w.lost(s, socket);
    CHECK(w.heard == strings{"open", "close transport_lost 1006 broke"});
    CHECK(w.is_destroyed());
}

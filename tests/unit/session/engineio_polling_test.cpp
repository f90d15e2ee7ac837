// Engine.IO sessions on polls: parking, overlap, breaking, the deferred goodbye, overflow, pauses.
#include "support/engineio_fixture.hpp"

#include <string>

using namespace anywire;
using namespace anywire::test;

namespace {

std::string const transport_error = "close protocol_error 1005 transport error";

/// A message with one attachment, as one packet of frames.
std::vector<frame_ptr> with_attachment(std::string_view text, std::string_view attachment) {
    std::vector<frame_ptr> packet;
    packet.emplace_back(frame::make(text, frame_kind::text));
    packet.emplace_back(frame::make(attachment, frame_kind::binary));
    packet.back()->mark_attachment();
    return packet;
}

result<void> send_pair(engineio_session& s, std::string const& text, std::string const& bytes) {
    auto packet = with_attachment(text, bytes);
    return s.send_frames(packet);
}

}  // namespace

// -- polls ----------------------------------------------------------------------------------------

TEST_CASE("a poll waits for a message, and then carries all that waits") {
    engineio_world w;
    auto& s = w.on_polling();
    auto& first = w.poll(s);
    CHECK(first.written.empty());
    CHECK(w.send(s, "a"));
    CHECK(first.written == strings{"4a"});
    CHECK_FALSE(s.is_attached());
    CHECK(w.send(s, "b"));
    CHECK(w.send(s, "c"));
    CHECK(w.poll(s).written == strings{"4b", "4c"});
}

TEST_CASE("a poll that takes a few packets leaves the others to the next ones") {
    engineio_world w;
    auto& s = w.on_polling();
    for (auto const* const text : {"a", "b", "c"}) CHECK(w.send(s, text));
    auto& first = w.new_poll();
    first.most = 2;
    w.attach(s, first);
    CHECK(first.written == strings{"4a", "4b"});
    CHECK(w.poll(s).written == strings{"4c"});
}

TEST_CASE("a second poll ends the session and releases the first") {
    engineio_world w;
    auto& s = w.on_polling();
    auto& parked = w.poll(s);
    w.overlap(s);
    CHECK(parked.written == strings{"1"});
    CHECK(w.heard == strings{"open", transport_error});
    CHECK(w.is_destroyed());
}

TEST_CASE("a parked poll that breaks ends the session") {
    engineio_world w;
    auto& s = w.on_polling();
    auto& parked = w.poll(s);
    w.lost(s, parked);
    CHECK(w.heard == strings{"open", "close transport_lost 1006 broke"});
    CHECK(w.is_destroyed());
}

TEST_CASE("an answer that breaks on its way ends the session, for its messages are lost") {
    engineio_world w;
    auto& s = w.on_polling();
    auto& draining = w.poll(s);
    draining.answer = then::finished;
    CHECK(w.send(s, "a"));
    SECTION("with no poll after it") {
        w.lost(s, draining);
        CHECK(w.heard == strings{"open", "close transport_lost 1006 broke"});
    }
    SECTION("the poll after it is told") {
        auto& parked = w.poll(s);
        w.lost(s, draining);
        CHECK(w.heard == strings{"open", "close transport_lost 1006 broke"});
        CHECK(parked.written == strings{"1"});
    }
    CHECK(w.is_destroyed());
}

TEST_CASE("an answer that arrives starts nothing") {
    engineio_world w;
    auto& s = w.on_polling();
    auto& draining = w.poll(s);
    draining.answer = then::finished;
    CHECK(w.send(s, "a"));
    w.out(s, draining);
    CHECK(s.is_open());
    CHECK(w.send(s, "b"));
    CHECK(w.poll(s).written == strings{"4b"});
}

TEST_CASE("a session that dies takes its draining answers along") {
    fake_transport* draining = nullptr;
    {
        engineio_world w;
        auto& s = w.on_polling();
        draining = &w.poll(s);
        draining->answer = then::finished;
        CHECK(w.send(s, "a"));
        w.advance_ticks(1800);
        CHECK(w.heard.back() == "close heartbeat_timeout 1005 ping timeout");
        CHECK_FALSE(draining->aborted);
        // It gets the time of a goodbye.
        w.advance_ticks(1200);
        CHECK(draining->aborted);
        CHECK(w.is_destroyed());
    }
}

// -- the goodbye ----------------------------------------------------------------------------------

TEST_CASE("closing releases a parked poll with a close packet") {
    engineio_world w;
    auto& s = w.on_polling();
    auto& parked = w.poll(s);
    w.close(s);
    CHECK(parked.written == strings{"1"});
    CHECK(w.heard == strings{"open", "close server_closed 1000"});
    CHECK(w.is_destroyed());
}

TEST_CASE("closing without a poll is told to the next one") {
    engineio_world w;
    auto& s = w.on_polling();
    w.close(s);
    CHECK(w.heard == strings{"open", "close server_closed 1000"});
    CHECK(w.is_known());
    w.advance_ticks(1199);
    CHECK(w.is_known());
    SECTION("in time") {
        CHECK(w.poll(s).written == strings{"6", "1"});
    }
    SECTION("by a carrier whose bytes take their time") {
        auto& last = w.new_poll();
        last.answer = then::finished;
        w.attach(s, last);
        CHECK(last.written == strings{"6", "1"});
        CHECK_FALSE(w.is_known());
        w.out(s, last);
    }
    SECTION("not at all") {
        w.advance_ticks(1);
    }
    CHECK_FALSE(w.is_known());
    CHECK(w.is_destroyed());
}

TEST_CASE("a goodbye that a carrier takes in halves is said in halves") {
    engineio_world w;
    auto& s = w.on_polling();
    w.close(s);
    for (auto const* const half : {"6", "1"}) {
        CHECK(w.is_known());
        auto& one = w.new_poll();
        one.most = 1;
        w.attach(s, one);
        CHECK(one.written == strings{half});
    }
    CHECK(w.is_destroyed());
}

TEST_CASE("what was sent before the close comes before the goodbye") {
    engineio_world w;
    auto& s = w.on_polling();
    CHECK(s.send("a"));
    CHECK(s.send("b"));
    w.close(s);
    CHECK(s.send("c").error() == errc::session_closed);
    CHECK(w.heard == strings{"open"});
    CHECK(w.poll(s).written == strings{"4a", "4b"});
    CHECK(w.heard == strings{"open", "close server_closed 1000"});
    CHECK(w.poll(s).written == strings{"6", "1"});
    CHECK(w.is_destroyed());
}

TEST_CASE("a closing session that nobody polls ends by itself") {
    engineio_world w;
    auto& s = w.on_polling();
    CHECK(s.send("a"));
    w.close(s);
    w.advance_ticks(1199);
    CHECK(w.heard == strings{"open"});
    w.advance_ticks(1);
    CHECK(w.heard == strings{"open", "close server_closed 1000"});
    CHECK(w.is_destroyed());
}

TEST_CASE("a closing session takes POSTs and drops them") {
    engineio_world w;
    auto& s = w.on_polling();
    CHECK(s.send("a"));
    w.close(s);
    w.post(s, "4late");
    w.post(s, "garbage");
    CHECK(w.poll(s).written == strings{"4a"});
    w.post(s, "4later");
    CHECK(w.heard == strings{"open", "close server_closed 1000"});
}

TEST_CASE("going down answers a parked poll and forgets the session") {
    engineio_world w;
    auto const parked = GENERATE(true, false);
    auto& s = w.on_polling();
    auto* const poll = parked ? &w.poll(s) : nullptr;
    (void)w.endpoint.shut_down_some(1);
    w.loop.flush();
    if (poll) CHECK(poll->written == strings{"1"});
    CHECK(w.heard == strings{"open", "close shutting_down 1001 server shutting down"});
    CHECK(w.is_destroyed());
}

TEST_CASE("abandoning a session tells its parked poll, and cuts its WebSocket") {
    engineio_world w;
    auto const polling = GENERATE(true, false);
    auto& socket = w.transport();
    auto& s = polling ? w.on_polling() : w.on_websocket(socket);
    auto* const poll = polling ? &w.poll(s) : nullptr;
    s.end(close_reason::shutting_down, ending::silently);
    w.loop.flush();
    if (poll)
        CHECK(poll->written == strings{"1"});
    else
        CHECK(socket.aborted);
    CHECK(w.is_destroyed());
}

TEST_CASE("a blocked WebSocket is closed after what it holds, or cut when that takes too long") {
    engineio_world w;
    auto& socket = w.transport();
    auto& s = w.on_websocket(socket);
    socket.block();
    CHECK(w.send(s, "a"));
    CHECK(s.send("b"));
    w.close(s);
    CHECK(socket.take() == strings{"4a"});
    SECTION("it moves on") {
        w.unblock(s, socket);
        CHECK(socket.take() == strings{"4b"});
        CHECK(socket.goodbye == "1005 ");
    }
    SECTION("it does not") {
        w.advance_ticks(1200);
        CHECK(socket.aborted);
    }
    CHECK(w.heard == strings{"open", "close server_closed 1000"});
    CHECK(w.is_destroyed());
}

// -- overflow -------------------------------------------------------------------------------------

TEST_CASE("overflow takes a message with its attachments, or leaves both") {
    session_limits limits;
    limits.max_queued_bytes = 1024;
    limits.max_burst_bytes = 0;
    limits.overflow = GENERATE(overflow_policy::close,
                               overflow_policy::refuse,
                               overflow_policy::drop_oldest,
                               overflow_policy::drop_newest);
    engineio_world w(limits);
    auto& s = w.on_polling();
    std::string const bytes(236, 'x');  // 300 with what a frame is charged
    CHECK(send_pair(s, "451-first", bytes));
    CHECK(send_pair(s, "451-second", bytes));
    auto const third = send_pair(s, "451-third", bytes);
    CHECK(s.queued_bytes() <= limits.max_queued_bytes);
    w.loop.flush();
    strings const first_two{"451-first", bytes, "451-second", bytes};
    switch (limits.overflow) {
        case overflow_policy::close:
            CHECK(third.error() == errc::session_closed);
            CHECK(w.heard.back() == "close slow_consumer 1013 slow consumer");
            break;
        case overflow_policy::refuse:
            CHECK(third.error() == errc::send_queue_full);
            CHECK(w.poll(s).written == first_two);
            CHECK(w.heard.back() == "drain");
            break;
        case overflow_policy::drop_oldest:
            CHECK(third);
            CHECK(s.dropped() == 1);
            CHECK(w.poll(s).written == strings{"451-second", bytes, "451-third", bytes});
            break;
        case overflow_policy::drop_newest:
            CHECK(third.error() == errc::message_dropped);
            CHECK(s.dropped() == 1);
            CHECK(w.poll(s).written == first_two);
            break;
    }
}

TEST_CASE("the oldest that is dropped is a whole message: none of it is on its way") {
    session_limits limits;
    limits.max_queued_bytes = 1024;
    limits.max_burst_bytes = 0;
    limits.overflow = overflow_policy::drop_oldest;
    engineio_world w(limits);
    auto& s = w.on_polling();
    std::string const bytes(236, 'x');
    CHECK(send_pair(s, "451-first", bytes));
    auto& one = w.new_poll();
    one.most = 1;
    w.attach(s, one);
    CHECK(one.written == strings{"451-first"});
    CHECK(send_pair(s, "451-second", bytes));
    CHECK(send_pair(s, "451-third", bytes));  // the attachment of the first stays
    CHECK(w.poll(s).written == strings{bytes, "451-third", bytes});
    CHECK(s.dropped() == 1);
}

// -- pauses ---------------------------------------------------------------------------------------

TEST_CASE("a paused session keeps what is posted, and its POST back, until it reads again") {
    engineio_world w;
    auto& s = w.on_polling();
    s.pause();
    w.post(s,
           "4a\x1e"
           "4b");
    fake_post held;
    s.held().hold(held);
    CHECK(w.heard == strings{"open"});
    CHECK_FALSE(held.released);
    w.resume(s);
    CHECK(w.heard == strings{"open", "message a", "message b"});
    CHECK(held.released == true);
}

TEST_CASE("a held POST is released when its session ends") {
    engineio_world w;
    auto& s = w.on_polling();
    s.pause();
    w.post(s, "4a");
    fake_post held;
    s.held().hold(held);
    s.end(close_reason::shutting_down, ending::silently);
    w.loop.flush();
    CHECK(held.released == false);
    CHECK(w.heard == strings{"open", "close shutting_down 1006"});
}

TEST_CASE("a paused session keeps one body of any size, and others within its limit") {
    session_limits limits;
    limits.max_queued_bytes = 1024;
    engineio_world w(limits);
    auto& s = w.on_polling();
    CHECK(s.has_room_for(100'000));
    s.pause();
    CHECK(s.has_room_for(100'000));
    w.post(s, "4" + std::string(500, 'x'));
    CHECK(s.has_room_for(400));
    CHECK_FALSE(s.has_room_for(600));
    w.resume(s);
    CHECK(s.has_room_for(100'000));
}

TEST_CASE("a session that pauses in the middle of a body goes on there") {
    engineio_world w;
    w.on_message = [](session& s, message_view m) {
        if (m.data == "stop") s.pause();
    };
    auto& s = w.on_polling();
    w.post(s,
           "4a\x1e"
           "4stop\x1e"
           "4b");
    CHECK(w.take() == strings{"open", "message a", "message stop"});
    w.resume(s);
    CHECK(w.take() == strings{"message b"});
}

TEST_CASE("a poll after which another request waits gets a noop, if nothing else") {
    engineio_world w;
    auto& s = w.on_polling();
    auto& held = w.poll(s);
    SECTION("nothing waits") {
        s.on_next_waiting(held);
        w.loop.flush();
        CHECK(held.take() == strings{"6"});
    }
    SECTION("a message waits") {
        CHECK(s.send("x"));
        s.on_next_waiting(held);
        w.loop.flush();
        CHECK(held.take() == strings{"4x"});
    }
    CHECK(w.closes == 0);
}

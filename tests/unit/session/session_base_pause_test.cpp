// Sessions that pause and resume.
#include "session/session_base.hpp"
#include "support/printers.hpp"
#include "support/session_fixture.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::test;

TEST_CASE("a paused session hears nothing, and then everything in order") {
    world w;
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    s.pause();
    s.pause();
    CHECK(transport.pauses == std::vector<bool>{true});
    w.receive(s, transport, "1");
    w.receive(s, transport, "2", true);
    CHECK(w.take() == strings{"open"});
    s.resume();
    s.resume();
    CHECK(w.heard.empty());
    s.on_payload(transport, "3", false);
    w.loop.flush();
    CHECK(w.take() == strings{"message 1", "message 2", "message 3"});
    CHECK(transport.pauses == std::vector<bool>{true, false});
    w.receive(s, transport, "4");
    CHECK(w.take() == strings{"message 4"});
}

TEST_CASE("a handler that pauses hears no more, though more came in the same read") {
    world w;
    auto& transport = w.transport();
    w.on_message = [](session& s, message_view) { s.pause(); };
    auto& s = w.plain(transport);
    for (auto const* m : {"1", "2", "3"}) s.on_payload(transport, m, false);
    w.loop.flush();
    CHECK(w.take() == strings{"open", "message 1"});
    for (auto const* m : {"message 2", "message 3"}) {
        w.resume(s);
        CHECK(w.take() == strings{m});
    }
    w.resume(s);
    CHECK(w.take().empty());
    CHECK(transport.pauses.back() == false);
}

TEST_CASE("a handler may pause and resume at once, in either order of nesting") {
    world w;
    auto& transport = w.transport();
    w.on_message = [](session& s, message_view) {
        s.pause();
        s.resume();
        s.pause();
        s.resume();
    };
    auto& s = w.plain(transport);
    for (auto const* m : {"1", "2", "3"}) s.on_payload(transport, m, false);
    w.loop.flush();
    CHECK(w.take() == strings{"open", "message 1", "message 2", "message 3"});
    CHECK(transport.pauses.back() == false);
}

TEST_CASE("a session that resumes and pauses again before anything happened stays paused") {
    world w;
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    s.pause();
    w.receive(s, transport, "1");
    s.resume();
    s.pause();
    w.loop.flush();
    CHECK(w.take() == strings{"open"});
    CHECK(transport.pauses.back() == true);
    w.resume(s);
    CHECK(w.take() == strings{"message 1"});
    CHECK(transport.pauses.back() == false);
}

TEST_CASE("messages held back are not delivered after the close") {
    world w;
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    s.pause();
    w.receive(s, transport, "1");
    s.close(close_code::normal, {});
    w.resume(s);
    CHECK(w.heard == strings{"open", "close server_closed 1000"});
}

TEST_CASE("a paused session still sends, and hears of the peer's end") {
    world w;
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    s.pause();
    CHECK(w.send(s, "1"));
    CHECK(transport.written == strings{"1"});
    w.lost(s, transport);
    CHECK(w.heard.back() == "close transport_lost 1006 broke");
}

TEST_CASE("hundreds of thousands of tiny messages in one body are kept in little more than came") {
    world w;
    auto& s = w.sockjs(nullptr);
    s.pause();
    std::vector<std::string_view> const body(250'000, "a");  // a megabyte of `"a",`
    REQUIRE(s.receive(body));
    CHECK(s.inbox_capacity() < 3'000'000);
    // The next body is refused: it is held back until the session reads again.
    CHECK(s.receive(body).error() == errc::send_queue_full);
    w.take();
    std::size_t heard = 0;
    w.on_message = [&](session& self, message_view m) {
        CHECK(m.data == "a");
        if (++heard == 100'000) self.pause();
    };
    w.resume(s);
    CHECK(heard == 100'000);
    w.resume(s);
    CHECK(heard == 250'000);
    CHECK(s.inbox_capacity() == 0);
}

TEST_CASE("what is kept through many pauses comes in order, and gives its room back") {
    world w;
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    w.on_message = [](session& self, message_view) { self.pause(); };
    s.pause();
    std::size_t sent = 0;
    strings expected;
    for (int round = 0; round < 200; ++round) {
        for (int i = 0; i < 2; ++i) {
            auto const text = std::to_string(sent) + std::string(sent % 50, 'x');
            ++sent;
            expected.push_back("message " + text);
            s.on_payload(transport, text, sent % 2 == 0);
        }
        w.resume(s);
    }
    CHECK(s.inbox_capacity() < 30'000);
    while (w.heard.size() < sent + 1) w.resume(s);
    auto const all = w.take();
    CHECK(strings(all.begin() + 1, all.end()) == expected);
}

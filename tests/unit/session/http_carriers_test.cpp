#include "session/http_carriers.hpp"

#include "session/sockjs_frames.hpp"
#include "support/carrier_fixture.hpp"
#include "support/fake_exchange.hpp"
#include "support/printers.hpp"
#include "support/session_fixture.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace anywire;
using namespace anywire::test;

// -- one-shot -------------------------------------------------------------------------------------

TEST_CASE("a poll answers with one frame, whole, and is gone") {
    fake_exchange to;
    fake_session session;
    auto& transport = *new one_shot_carrier(to, poll(envelope_kind::xhr), session);
    CHECK(transport.shape() == carrier::one_shot);
    CHECK(transport.name() == "xhr-polling");
    CHECK(transport.pending_bytes() == 0);
    CHECK(to.events == &transport);
    CHECK(to.needs_client);
    queue q({"o"});
    auto const r = q.into(transport);
    CHECK(r.then == then::ended);
    CHECK(r.taken == 1);
    CHECK(to.body == "o\n");
    CHECK(to.head ==
          "200 application/javascript; charset=UTF-8 Cache-Control: no-store\r\nVary: Origin\r\n");
    CHECK(session.told.empty());
}

TEST_CASE("a poll joins the messages that wait, up to the first other frame") {
    fake_exchange to;
    fake_session session;
    queue q({R"(a["1"])", R"(a["2","3"])", R"(a["\"]"])", "h", R"(a["4"])"});
    CHECK(q.into(*new one_shot_carrier(to, poll(envelope_kind::xhr), session)).taken == 3);
    CHECK(to.body == "a[\"1\",\"2\",\"3\",\"\\\"]\"]\n");
    fake_exchange second;
    CHECK(q.into(*new one_shot_carrier(second, poll(envelope_kind::xhr), session)).taken == 1);
    CHECK(second.body == "h\n");
    fake_exchange third;
    CHECK(q.into(*new one_shot_carrier(third, poll(envelope_kind::xhr), session)).taken == 1);
    CHECK(third.body == "a[\"4\"]\n");
    CHECK(q.pointers.empty());
}

TEST_CASE("a poll whose answer is not all out tells when it is, then is gone") {
    fake_exchange to;
    fake_session session;
    to.all_out = false;
    queue q({"o"});
    CHECK(q.into(*new one_shot_carrier(to, poll(envelope_kind::xhr), session)).then ==
          then::finished);
    to.events->on_sent();
    CHECK(session.told.empty());
    to.events->on_done();
    CHECK(session.told == strings{"out"});
}

TEST_CASE("a poll whose client goes tells so, before its answer and after it") {
    for (auto const is_answered : {false, true}) {
        fake_exchange to;
        fake_session session;
        to.all_out = false;
        auto& transport = *new one_shot_carrier(to, poll(envelope_kind::xhr), session);
        queue q({"o"});
        if (is_answered) q.into(transport);
        to.events->on_gone();
        CHECK(session.told == strings{"lost: transport_lost"});
    }
}

TEST_CASE("an aborted or closed carrier ends its request and says nothing more") {
    for (auto const is_close : {false, true}) {
        fake_exchange to;
        fake_session session;
        auto& transport = *new one_shot_carrier(to, poll(envelope_kind::xhr), session);
        transport.pause_reading(true);
        if (is_close)
            transport.close(close_code::normal, "bye");
        else
            transport.abort();
        CHECK(to.aborted);
        CHECK(to.events == nullptr);
        CHECK(session.told.empty());
    }
}

TEST_CASE("a JSONP poll calls its callback with the frame") {
    fake_exchange to;
    fake_session session;
    auto& transport = *new one_shot_carrier(to, poll(envelope_kind::jsonp), session);
    CHECK(transport.name() == "jsonp-polling");
    queue q({R"(a["</x>"])"});
    q.into(transport);
    CHECK(to.body.starts_with("/**/cb(\"a[\\\""));
    CHECK(to.body.ends_with("]\");\r\n"));
    CHECK(to.body.find("</x>") == std::string::npos);
}

// -- stream ---------------------------------------------------------------------------------------

TEST_CASE("a stream's first write takes head, prelude and frames along, one chunk each") {
    fake_exchange to;
    fake_session session;
    auto& transport = *new stream_carrier(to, stream(envelope_kind::xhr_streaming), session, 1000);
    CHECK(transport.shape() == carrier::stream);
    CHECK(transport.name() == "xhr-streaming");
    queue q({"o", R"(a["1"])", R"(a["2"])"});
    auto const r = q.into(transport);
    CHECK(r.then == then::ready);
    CHECK(r.taken == 3);
    CHECK(to.writes == 1);
    CHECK(to.take_chunks() == strings{prelude(), "o\n", "a[\"1\"]\n", "a[\"2\"]\n"});
    queue more({"h"});
    more.into(transport);
    CHECK(to.take_chunks() == strings{"h\n"});
    transport.abort();
}

TEST_CASE("a stream that starts with nothing to say sends its prelude once") {
    fake_exchange to;
    fake_session session;
    auto& transport = *new stream_carrier(to, stream(envelope_kind::eventsource), session, 1000);
    CHECK(transport.name() == "eventsource");
    transport.start();
    CHECK(to.take_chunks() == strings{"\r\n"});
    CHECK(to.head.starts_with("200 text/event-stream "));
    queue q({R"(a["1"])"});
    q.into(transport);
    CHECK(to.take_chunks() == strings{"data: a[\"1\"]\r\n\r\n"});
    transport.abort();
}

TEST_CASE("messages that gathered between two responses leave a stream as one frame") {
    fake_exchange to;
    fake_session session;
    auto& transport = *new stream_carrier(to, stream(envelope_kind::xhr_streaming), session, 1000);
    queue q({R"(a["1"])", R"(a["2"])", "h", R"(a["3"])"});
    CHECK(q.into(transport).taken == 4);
    CHECK(to.take_chunks() == strings{prelude(), "a[\"1\",\"2\"]\n", "h\n", "a[\"3\"]\n"});
    transport.abort();
}

TEST_CASE("a stream ends at its limit, which counts dressed frames and not the prelude") {
    fake_exchange to;
    fake_session session;
    // "o\n" and twice "a["x"]\n" are 2 + 7 + 7 bytes.
    auto& transport = *new stream_carrier(to, stream(envelope_kind::xhr_streaming), session, 16);
    queue first({"o", R"(a["x"])"});
    CHECK(first.into(transport).then == then::ready);
    CHECK_FALSE(to.ended);
    queue second({R"(a["y"])", R"(a["z"])"});
    auto const r = second.into(transport);
    CHECK(r.then == then::ended);
    CHECK(r.taken == 1);
    CHECK(to.ended);
    CHECK(to.take_chunks() == strings{prelude(), "o\n", "a[\"x\"]\n", "a[\"y\"]\n", ""});
    CHECK(session.told.empty());
}

TEST_CASE("a stream ends after the close frame and leaves what follows") {
    fake_exchange to;
    fake_session session;
    auto& transport = *new stream_carrier(to, stream(envelope_kind::xhr_streaming), session, 1000);
    queue q({"o", "c[3000,\"Go away!\"]", "h"});
    auto const r = q.into(transport);
    CHECK(r.then == then::ended);
    CHECK(r.taken == 2);
    CHECK(to.take_chunks().back().empty());
}

TEST_CASE("messages that alone reach the limit end the stream at once") {
    fake_exchange to;
    fake_session session;
    auto& transport = *new stream_carrier(to, stream(envelope_kind::xhr_streaming), session, 4);
    queue q({R"(a["1"])", R"(a["2"])", "h"});
    auto const r = q.into(transport);
    CHECK(r.then == then::ended);
    CHECK(r.taken == 2);
    CHECK(to.take_chunks() == strings{prelude(), "a[\"1\",\"2\"]\n", ""});
}

TEST_CASE("a stream that is not all out is blocked, and tells when it is writable") {
    fake_exchange to;
    fake_session session;
    auto& transport = *new stream_carrier(to, stream(envelope_kind::xhr_streaming), session, 1000);
    to.all_out = false;
    to.left = 77;
    queue q({"o"});
    CHECK(q.into(transport).then == then::blocked);
    CHECK(transport.pending_bytes() == 77);
    to.events->on_sent();
    CHECK(session.told == strings{"writable"});
    queue last({"c[3000,\"\"]"});
    CHECK(last.into(transport).then == then::finished);
    to.events->on_done();
    CHECK(session.told == strings{"writable", "out"});
}

TEST_CASE("a client of HTTP/1.0 gets its stream without chunks") {
    fake_exchange to;
    fake_session session;
    to.chunked = false;
    auto& transport = *new stream_carrier(to, stream(envelope_kind::eventsource), session, 1000);
    queue q({"o", "c[3000,\"\"]"});
    CHECK(q.into(transport).then == then::ended);
    CHECK(to.body == "\r\ndata: o\r\n\r\ndata: c[3000,\"\"]\r\n\r\n");
}

TEST_CASE("a shared frame is dressed once for all streams of a kind") {
    auto const f = frame_of(R"(a["100%"])");
    f->mark_shared();
    frame* const batch[] = {f.get()};
    fake_session session;
    for (int i = 0; i < 2; ++i) {
        fake_exchange to;
        auto& transport =
            *new stream_carrier(to, stream(envelope_kind::eventsource), session, 1000);
        transport.start();
        to.body.clear();
        transport.write(batch);
        CHECK(to.take_chunks() == strings{"data: a[\"100%25\"]\r\n\r\n"});
        transport.abort();
    }
    bool was_built = false;
    auto const form = f->form(wire_form::eventsource, [&](std::string&) { was_built = true; });
    CHECK_FALSE(was_built);
    CHECK(form == "data: a[\"100%25\"]\r\n\r\n");
    fake_exchange to;
    auto& xhr = *new stream_carrier(to, stream(envelope_kind::xhr_streaming), session, 1000);
    xhr.start();
    to.body.clear();
    xhr.write(batch);
    CHECK(to.take_chunks() == strings{"a[\"100%\"]\n"});
    xhr.abort();
}

TEST_CASE("an htmlfile stream calls its own callback, shared frame or not") {
    auto const f = frame_of("h");
    f->mark_shared();
    frame* const batch[] = {f.get()};
    fake_session session;
    for (auto const* callback : {"one", "two"}) {
        fake_exchange to;
        auto d = how(envelope_kind::htmlfile);
        d.callback = callback;
        auto& transport = *new stream_carrier(to, make_stream_dress(std::move(d)), session, 1000);
        CHECK(transport.name() == "htmlfile");
        transport.write(batch);
        auto const chunks = to.take_chunks();
        REQUIRE(chunks.size() == 2);
        CHECK(chunks[0].size() >= 1024);
        CHECK(chunks[0].find(std::string("parent.").append(callback)) != std::string::npos);
        CHECK(chunks[1] == "<script>\np(\"h\");\n</script>\r\n");
        transport.abort();
    }
}

// -- without a session ----------------------------------------------------------------------------

TEST_CASE("a busy session answers a poll whole and a stream in its chunks") {
    std::string const frame("c[2010,\"Another connection still open\"]");
    fake_exchange first;
    poll(envelope_kind::xhr)->answer_busy(first);
    CHECK(first.body == frame + "\n");
    CHECK(first.ended);
    fake_exchange second;
    stream(envelope_kind::xhr_streaming)->answer_busy(second);
    CHECK(second.ended);
    CHECK(second.take_chunks() == strings{prelude(), frame + "\n", ""});
    fake_exchange old;
    old.chunked = false;
    stream(envelope_kind::eventsource)->answer_busy(old);
    CHECK(old.body == "\r\ndata: " + frame + "\r\n\r\n");
}

// -- with a real session --------------------------------------------------------------------------

TEST_CASE("a SockJS session over real carriers opens, speaks and says goodbye") {
    fake_exchange first;
    fake_exchange second;
    fake_exchange third;
    world w;
    auto& s = w.sockjs(nullptr);
    s.attach(*new one_shot_carrier(first, poll(envelope_kind::xhr), s));
    w.loop.flush();
    CHECK(first.body == "o\n");
    s.attach(*new stream_carrier(second, stream(envelope_kind::eventsource), s, 4096));
    CHECK(s.send("1"));
    CHECK(s.send("2"));
    s.close(app_code(3000), "Go away!");
    w.loop.flush();
    CHECK(
        second.take_chunks() ==
        strings{"\r\n", "data: a[\"1\",\"2\"]\r\n\r\n", "data: c[3000,\"Go away!\"]\r\n\r\n", ""});
    CHECK(w.heard.back() == "close server_closed 3000 Go away!");
    s.attach(*new one_shot_carrier(third, poll(envelope_kind::xhr), s));
    w.loop.flush();
    CHECK(third.body == "c[3000,\"Go away!\"]\n");
    w.advance(5s);
    CHECK(w.endpoint.find_by_sid("abc") == nullptr);
}

TEST_CASE("a client that reads none of its responses ends its session when one of them breaks") {
    std::vector<std::unique_ptr<fake_exchange>> unread;
    world w;
    auto& s = w.sockjs(nullptr);
    for (int i = 0; i < 3; ++i) {
        unread.push_back(std::make_unique<fake_exchange>());
        unread.back()->all_out = false;
        s.attach(*new stream_carrier(*unread.back(), stream(envelope_kind::xhr_streaming), s, 1));
        CHECK(s.send("x"));
        w.loop.flush();
    }
    unread[0]->events->on_gone();
    w.loop.flush();
    CHECK(w.heard == strings{"open", "close transport_lost 1006 the client broke the request off"});
    CHECK(unread[1]->aborted);
    CHECK(unread[2]->aborted);
}

TEST_CASE("a stream after which another request waits ends with its next frame") {
    fake_exchange to;
    fake_session session;
    auto& transport = *new stream_carrier(to, stream(envelope_kind::xhr_streaming), session, 1000);
    transport.start();
    (void)to.take_chunks();
    to.events->on_next_waiting();
    CHECK(session.told == std::vector<std::string>{"next waiting"});
    queue q({"h", R"(a["x"])"});
    auto const r = q.into(transport);
    CHECK(r.taken == 1);
    CHECK(r.then == write_result::next::ended);
    CHECK(to.ended);
    CHECK(to.body == "2\r\nh\n\r\n0\r\n\r\n");
}

TEST_CASE("a poll after which another request waits asks its session") {
    fake_exchange to;
    fake_session session;
    auto& transport = *new one_shot_carrier(to, poll(envelope_kind::xhr), session);
    to.events->on_next_waiting();
    CHECK(session.told == std::vector<std::string>{"next waiting"});
    CHECK_FALSE(to.ended);
    transport.abort();
}

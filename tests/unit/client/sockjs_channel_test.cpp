#include "support/client_fixture.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

namespace {

constexpr auto info_text =
    R"({"websocket":true,"cookie_needed":false,"origins":["*:*"],"entropy":1})";

client_options options(std::vector<std::string> transports = {}) {
    return {.url = "http://a/echo/",
            .dialect = client_dialect::sockjs,
            .transports = std::move(transports),
            .headers = {{"Authorization", "t"}},
            .query = "k=v",
            .ping_timeout = 5s,
            .close_handshake = 1s};
}

struct asked : channel_fixture {
    explicit asked(client_options o, std::string const& info = info_text)
        : channel_fixture(std::move(o)) {
        auto& call = net.call("/info", "GET");
        net.advance(50ms);
        call.answer(200, info, "application/json; charset=UTF-8");
    }
    fake_call& receiver() { return net.call(name); }
    std::string name = "/xhr_streaming";
};

/// One that is open over an HTTP transport.
struct opened : asked {
    explicit opened(std::string const& transport) : asked(options({transport})) {
        if (transport == "eventsource") name = "/eventsource";
        if (transport == "xhr-polling") name = "/xhr";
        frame("o");
        CHECK(take() == strings{"open"});
        CHECK(channel->transport() == transport);
    }
    /// As the transport wraps it.
    void frame(std::string const& text) {
        auto& r = receiver();
        r.begin(200);
        more(text);
        if (name == "/xhr") r.finish();
    }
    void more(std::string const& text) {
        receiver().piece(name == "/eventsource" ? "data: " + text + "\r\n\r\n" : text + "\n");
    }
};

}  // namespace

TEST_CASE("the service is asked first what it has") {
    channel_fixture f(options());
    auto& info = f.net.call("/info", "GET");
    CHECK(info.url == "http://a/echo/info?k=v");
    CHECK(info.timeout == 8s);
    CHECK(info.fields == strings{"Authorization: t"});
    SECTION("a server that has none is not one of SockJS") {
        info.answer(404, "gone");
        CHECK(f.failure.stage == client_stage::refused);
        CHECK(f.failure.status == 404);
        CHECK(f.failure.body == "gone");
    }
    SECTION("nor is one that answers something else") {
        info.answer(200, "<html>");
        CHECK(f.failure.stage == client_stage::protocol);
    }
    SECTION("a network that does not reach it is the failure") {
        info.fail();
        CHECK(f.take() == strings{"failure request: the service's info: the connection broke"});
    }
    SECTION("a server without what may be used has refused") {
        channel_fixture g(options({"websocket"}));
        g.net.call("/info").answer(200, R"({"websocket":false})");
        CHECK(g.failure.stage == client_stage::refused);
    }
    CHECK(f.net.sockets.empty());
}

TEST_CASE("a WebSocket is tried first, under a session of its own") {
    asked f(options());
    auto& s = f.net.socket();
    CHECK(s.path.starts_with("/echo/"));
    CHECK(s.path.ends_with("/websocket"));
    CHECK(s.path.size() == std::string("/echo/000/0123456789abcdef/websocket").size());
    CHECK(s.query == "k=v");
    CHECK(s.timeout == 700ms);
    s.open("chat");
    CHECK(f.take().empty());
    s.message("o");
    CHECK(f.take() == strings{"open"});
    CHECK(f.channel->transport() == "websocket");
    CHECK(f.channel->sid() == s.path.substr(10, 16));
    CHECK(f.channel->subprotocol() == "chat");
    f.channel->send("a\"b");
    CHECK(s.take() == strings{R"(["a\"b"])"});
    s.drain();
    s.message(R"(a["x","y"])");
    s.message("");
    s.message("h");
    s.message(R"(m"z")");
    CHECK(f.take() == strings{"sent", "x", "y", "z"});
    s.message(R"(c[3000,"Go away!"])");
    CHECK(f.take() == strings{"close server_closed 3000 Go away!"});
}

TEST_CASE("the next transport is tried when one does not open within the time of the info") {
    asked f(options());
    CHECK(f.net.socket().timeout == 700ms);
    f.net.socket().open();
    f.net.advance(775ms);
    CHECK(f.net.open_sockets() == 0);
    // A proxy keeps the stream to itself, with its head or without.
    f.net.call("/xhr_streaming", "POST").begin(200);
    f.net.call("/xhr_streaming", "POST").piece(std::string(2'048, 'h') + "\n");
    f.net.advance(775ms);
    CHECK(f.net.open_calls() == 1);
    auto& stream = f.net.call("/eventsource", "GET");
    CHECK(std::ranges::count(stream.fields, "Accept: text/event-stream") == 1);
    f.net.advance(775ms);
    CHECK(stream.is_dropped);
    // The last one has all the time that is left.
    auto& poll = f.net.call("/xhr", "POST");
    CHECK(poll.timeout > 15s);
    f.net.advance(10s);
    poll.answer(200, "o\n");
    CHECK(f.take() == strings{"open"});
    CHECK(f.channel->transport() == "xhr-polling");
    std::vector<std::string> ids{f.net.socket().path.substr(10, 16)};
    for (auto const& c : f.net.calls)
        if (!c->path.ends_with("/info")) ids.push_back(c->path.substr(10, 16));
    std::ranges::sort(ids);
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    CHECK(ids.size() == 4);
}

TEST_CASE("all failures are told when no transport opens") {
    asked f(options());
    f.net.socket().fail(broken("refused"));
    f.net.call("/xhr_streaming").answer(404, "");
    f.net.call("/eventsource").answer(200, "<html>\n\n");
    f.net.call("/xhr").answer(200, "<html>\n");
    CHECK(f.heard.size() == 1);
    CHECK(
        f.failure.text.starts_with("websocket: refused; xhr-streaming: the server answered 404; "
                                   "eventsource: an answer without a frame; xhr-polling: "));
    CHECK(f.failure.status == 404);
}

TEST_CASE("a server that closes at once is not asked again by another transport") {
    asked f(options());
    f.net.socket().open();
    f.net.socket().message(R"(c[3001,"no"])");
    CHECK(f.take() == strings{"failure refused: websocket: the server closed the session at once: "
                              "3001 no"});
    CHECK(f.net.open_calls() == 0);
}

TEST_CASE("a WebSocket races the first transport by HTTP") {
    auto o = options();
    o.race_after = 100ms;
    asked f(o);
    f.net.socket().open();
    f.net.advance(100ms);
    auto& stream = f.net.call("/xhr_streaming");
    SECTION("the stream wins") {
        stream.begin(200);
        stream.piece("o\n");
        CHECK(f.take() == strings{"open"});
        CHECK(f.net.open_sockets() == 0);
        CHECK(f.channel->sid() == stream.path.substr(10, 16));
    }
    SECTION("the WebSocket wins") {
        f.net.socket().message("o");
        CHECK(f.take() == strings{"open"});
        CHECK(f.net.open_calls() == 0);
    }
    SECTION("each lane goes on by itself") {
        stream.fail();
        CHECK(f.net.open_sockets() == 1);
        f.net.call("/eventsource").fail();
        f.net.call("/xhr").fail();
        CHECK(f.take().empty());
        f.net.socket().message("o");
        CHECK(f.take() == strings{"open"});
    }
}

TEST_CASE("a base_url says where the sessions are") {
    asked same(options(), R"({"base_url":"/other/"})");
    CHECK(same.net.socket().url.starts_with("http://a/other/"));
    CHECK(same.net.socket().fields == strings{"Authorization: t"});
    // What authenticates with one is not for the other.
    asked other(options(), R"({"base_url":"https://b/x"})");
    CHECK(other.net.socket().url.starts_with("https://b/x/"));
    CHECK(other.net.socket().fields.empty());
    auto o = options();
    o.url = "https://a/echo";
    asked insecure(o, R"({"base_url":"http://a/echo"})");
    CHECK(insecure.failure.stage == client_stage::protocol);
    asked bad(options(), R"({"base_url":"ftp://a"})");
    CHECK(bad.failure.stage == client_stage::protocol);
}

TEST_CASE("streams deliver what comes, in any pieces, and are asked for again when they end") {
    for (auto const* const transport : {"xhr-streaming", "eventsource"}) {
        opened f(transport);
        CHECK(f.receiver().is_once);
        f.more(R"(a["x","%y"])");
        f.more("h");
        auto& stream = f.receiver();
        auto const text = f.name == "/eventsource" ? std::string("data: a[\"z\"]\r\n\r\n")
                                                   : std::string("a[\"z\"]\n");
        for (auto const c : text) stream.piece({&c, 1});
        CHECK(f.take() == strings{"x", "%y", "z"});
        stream.finish();
        CHECK(f.net.open_calls() == 1);
        f.frame(R"(a["again"])");
        CHECK(f.take() == strings{"again"});
        CHECK(f.receiver().path == stream.path);
    }
}

TEST_CASE("a poll follows a poll") {
    opened f("xhr-polling");
    f.frame(R"(a["x","y"])");
    f.frame("h");
    f.frame(R"(a["z"])");
    CHECK(f.take() == strings{"x", "y", "z"});
    CHECK(f.net.open_calls() == 1);
}

TEST_CASE("one POST is under way, and carries what has waited") {
    opened f("xhr-streaming");
    CHECK(f.channel->is_writable());
    for (auto const* const text : {"1", "2", "3"}) f.channel->send(text);
    CHECK_FALSE(f.channel->is_writable());
    auto& first = f.net.call("/xhr_send", "POST");
    CHECK(first.body == R"(["1"])");
    CHECK(first.content_type == "text/plain;charset=UTF-8");
    CHECK(first.query == "k=v");
    first.answer(204, "");
    CHECK(f.take().empty());
    CHECK(f.net.call("/xhr_send").body == R"(["2","3"])");
    f.net.call("/xhr_send").answer(200, "");
    CHECK(f.take() == strings{"sent"});
    CHECK(f.channel->queued_bytes() == 0);
    std::string const big(60'000, 'x');
    for (int i = 0; i < 4; ++i) f.channel->send(big);
    f.net.call("/xhr_send").answer(204, "");
    CHECK(f.net.call("/xhr_send").body.size() == 2 * 60'003 + 1);
}

TEST_CASE("how a session of SockJS ends") {
    struct row {
        std::function<void(opened&)> what;
        char const* heard;
    };
    auto const send = [](opened& f) -> fake_call& {
        f.channel->send("m");
        return f.net.call("/xhr_send");
    };
    for (auto const& [what, heard] : std::vector<row>{
             {[](opened& f) { f.more(R"(c[3000,"Go away!"])"); },
              "close server_closed 3000 Go away!"},
             {[](opened& f) { f.more(R"(c[99999999,"x"])"); }, "close server_closed 1005 x"},
             {[](opened& f) { f.more("o"); },
              "close transport_lost 1006 the server has lost the session"},
             {[](opened& f) { f.receiver().fail(); },
              "close transport_lost 1006 the connection broke"},
             {[&](opened& f) { send(f).answer(404, ""); },
              "close transport_lost 1006 the server answered a send with 404"},
             {[&](opened& f) { send(f).answer(413, ""); },
              "close message_too_big 1009 the server answered a send with 413"},
             {[&](opened& f) { send(f).fail(); }, "close transport_lost 1006 the connection broke"},
             {[](opened& f) {
                  f.receiver().finish();
                  f.receiver().answer(503, "");
              },
              "close transport_lost 1006 the server answered 503"},
             {[](opened& f) {
                  f.receiver().finish();
                  f.receiver().answer(200, "");
              },
              "close transport_lost 1006 an answer without a frame"},
             {[](opened& f) { f.more("a[\"" + std::string(1'000'001, 'x') + "\"]"); },
              "close message_too_big 1009 a message is longer than the limit"},
             {[](opened& f) {
                  for (int i = 0; i < 17 && f.channel; ++i)
                      f.receiver().piece(std::string(1u << 20, 'x'));
              },
              "close message_too_big 1009 a frame is longer than the limit"}}) {
        opened f("xhr-streaming");
        what(f);
        REQUIRE_FALSE(f.heard.empty());
        CHECK(f.heard.back() == heard);
        CHECK(f.net.open_calls() == 0);
        f.net.advance(60s);
    }
}

TEST_CASE("a server that has gone silent is noticed") {
    opened f("xhr-streaming");
    f.net.advance(29s);
    f.more("h");
    f.net.advance(29s);
    CHECK(f.take().empty());
    f.net.advance(2s);
    CHECK(f.heard.back().starts_with("close heartbeat_timeout"));

    asked g(options({"websocket"}));
    auto& s = g.net.socket();
    s.open();
    s.message("o");
    g.net.advance(25s);
    CHECK(s.pings == 1);
    s.live();
    g.net.advance(25s);
    CHECK(s.pings == 2);
    g.net.advance(5s);
    CHECK(g.heard.back().starts_with("close heartbeat_timeout"));
}

TEST_CASE("a session of SockJS says goodbye after what is queued") {
    opened f("xhr-polling");
    SECTION("when that has arrived") {
        f.channel->send("a");
        f.channel->send("b");
        f.channel->close(close_code::normal, "bye");
        f.frame(R"(a["late"])");
        f.net.call("/xhr_send").answer(204, "");
        f.net.call("/xhr_send").answer(204, "");
    }
    SECTION("soon when there is nothing") {
        f.channel->close(close_code::normal, "bye");
        f.net.advance(25ms);
    }
    SECTION("when it takes too long") {
        f.channel->send("a");
        f.channel->close(close_code::normal, "bye");
        f.net.advance(1s);
    }
    CHECK(f.take() == strings{"close client_closed 1000 bye"});
    CHECK(f.net.open_calls() == 0);

    asked g(options({"websocket"}));
    g.net.socket().open();
    g.net.socket().message("o");
    g.channel->close(static_cast<close_code>(3000), "bye");
    CHECK(g.net.socket().goodbye == "3000 bye");
    g.net.socket().closed(3000);
    CHECK(g.take() == strings{"open", "close client_closed 3000 bye"});
}

TEST_CASE("a pause stops a stream, and holds back the rest of a frame") {
    opened f("xhr-streaming");
    f.on_event = [&](auto const& text) {
        if (text == "1") f.channel->pause(true);
    };
    f.more(R"(a["1","2"])");
    CHECK(f.receiver().is_paused);
    f.more(R"(a["3"])");
    CHECK(f.take() == strings{"1"});
    f.net.advance(60s);
    f.receiver().finish();
    CHECK(f.net.open_calls() == 0);
    f.channel->pause(false);
    f.net.advance(25ms);
    CHECK(f.take() == strings{"2", "3"});
    CHECK(f.net.open_calls() == 1);
}

TEST_CASE("a channel of SockJS can be destroyed at each of its events") {
    for (auto const* const at : {"open", "x", "sent"}) {
        channel_fixture f(options({"xhr-streaming"}));
        f.on_event = [&](auto const& text) {
            if (text == at) f.channel.reset();
        };
        f.net.call("/info").answer(200, info_text);
        auto& stream = f.net.call("/xhr_streaming");
        stream.begin(200);
        stream.piece("o\n");
        if (f.channel) f.channel->send("a");
        if (f.channel) f.net.call("/xhr_send").answer(204, "");
        stream.piece("a[\"x\",\"y\"]\na[\"z\"]\n");
        CHECK_FALSE(f.channel);
        CHECK(f.net.open_calls() == 0);
    }
}

#include "support/client_fixture.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

namespace {

constexpr auto open_text =
    R"(0{"sid":"S","upgrades":[],"pingInterval":1000,"pingTimeout":500,"maxPayload":20})";
constexpr auto open_upgradable =
    R"(0{"sid":"S","upgrades":["websocket"],"pingInterval":1000,"pingTimeout":500})";

client_options options(std::vector<std::string> transports = {}) {
    return {.url = "http://a",
            .dialect = client_dialect::engineio,
            .transports = std::move(transports),
            .close_handshake = 1s};
}

client_options v3_options() {
    auto o = options();
    o.revision = 3;
    return o;
}

struct opened : channel_fixture {
    explicit opened(client_options o = options(), std::string const& text = open_text)
        : channel_fixture(std::move(o)) {
        get().answer(200, text);
        CHECK(take() == strings{"open"});
    }
    fake_call& get() { return net.call("/engine.io/", "GET"); }
    fake_call& post() { return net.call("/engine.io/", "POST"); }
};

std::string without_buster(std::string query) {
    auto const at = query.find("&t=");
    REQUIRE(at != query.npos);
    return query.erase(at, query.find('&', at + 1) - at);
}

}  // namespace

TEST_CASE("a session by polling opens with a GET, and another one follows each") {
    auto o = options();
    o.url = "https://a/x?k=v";
    channel_fixture f(o);
    auto& first = f.net.call("/x/", "GET");
    CHECK(without_buster(first.query).starts_with("k=v&EIO=4&transport=polling"));
    CHECK(first.timeout == 10s);
    CHECK(f.channel->transport().empty());
    first.answer(200,
                 open_text + std::string("\x1e"
                                         "4hello"));
    CHECK(f.take() == strings{"open", "hello"});
    CHECK(f.channel->transport() == "polling");
    CHECK(f.channel->sid() == "S");
    auto& second = f.net.call("/x/", "GET");
    CHECK(without_buster(second.query).ends_with("&sid=S"));
    CHECK(second.query != first.query);
    second.answer(200,
                  "4one\x1e"
                  "bAQI=\x1e"
                  "6\x1e"
                  "4two");
    CHECK(f.take() == strings{"one", "<\x01\x02>", "two"});
    CHECK(f.net.open_calls() == 1);
}

TEST_CASE("one POST is under way, and carries what has waited within maxPayload") {
    opened f;
    CHECK(f.channel->is_writable());
    f.channel->send("one");
    for (auto const* const text : {"two", "three", "four", "five"}) f.channel->send(text);
    f.channel->send({"\x01\x02", true});
    CHECK_FALSE(f.channel->is_writable());
    auto const queued = f.channel->queued_bytes();
    CHECK(queued >= 6 * 64);
    CHECK(f.post().body == "4one");
    CHECK(f.post().content_type == "text/plain;charset=UTF-8");
    f.post().answer(200, "ok");
    CHECK(f.channel->queued_bytes() < queued);
    CHECK(f.post().body ==
          "4two\x1e"
          "4three\x1e"
          "4four");
    f.post().answer(200, "ok");
    CHECK(f.take().empty());
    CHECK(f.post().body ==
          "4five\x1e"
          "bAQI=");
    f.post().answer(200, "ok");
    CHECK(f.take() == strings{"sent"});
    CHECK(f.channel->queued_bytes() == 0);
    CHECK(f.channel->is_writable());
}

TEST_CASE("pings of version 4 are answered, and their absence is noticed") {
    opened f;
    f.net.advance(1'400ms);
    f.get().answer(200, "2");
    CHECK(f.post().body == "3");
    f.post().answer(200, "ok");
    f.net.advance(1'400ms);
    CHECK(f.take() == strings{"sent"});
    f.net.advance(200ms);
    CHECK(f.take() == strings{"close heartbeat_timeout 1006 the server has not sent a heartbeat "
                              "in time"});
    CHECK(f.net.open_calls() == 0);
}

TEST_CASE("a client of version 3 pings, and waits for the answer") {
    opened f(v3_options(), std::to_string(std::string(open_text).size()) + ":" + open_text);
    f.net.advance(1s);
    CHECK(f.post().body == "1:2");
    f.post().answer(200, "ok");
    f.get().answer(200, "1:3");
    f.net.advance(900ms);
    CHECK(f.net.open_calls() == 1);
    f.net.advance(100ms);
    CHECK(f.post().body == "1:2");
    f.net.advance(525ms);
    CHECK(f.heard.back().starts_with("close heartbeat_timeout"));
}

TEST_CASE("binary messages of version 3 go as bytes") {
    opened f(v3_options(), std::to_string(std::string(open_text).size()) + ":" + open_text);
    f.channel->send({"\x01\x02", true});
    CHECK(f.post().body == std::string("\x01\x03\xff\x04\x01\x02", 6));
    CHECK(f.post().content_type == "application/octet-stream");
    f.get().answer(200, {"\x01\x02\xff\x04\x07\x00\x03\xff\x34hi", 11}, "application/octet-stream");
    CHECK(f.take() == strings{"<\x07>", "hi"});
}

TEST_CASE("a session goes over to a WebSocket when polling has come to rest") {
    opened f(options(), open_upgradable);
    auto& s = f.net.socket();
    CHECK(s.query == "EIO=4&transport=websocket&sid=S");
    f.channel->send("a");
    s.open();
    CHECK(s.take() == strings{"2probe"});
    f.get().answer(200, "4x");
    CHECK(f.take() == strings{"x"});
    s.message("3probe");
    f.channel->send("b");
    CHECK_FALSE(f.channel->is_writable());
    CHECK(s.take().empty());
    f.get().answer(200,
                   "4y\x1e"
                   "6");
    CHECK(f.take() == strings{"y"});
    CHECK(s.take().empty());
    f.post().answer(200, "ok");
    CHECK(f.take() == strings{"transport websocket"});
    CHECK(s.take() == strings{"5", "4b"});
    CHECK(f.net.open_calls() == 0);
    s.message("4z");
    s.message("2");
    s.message("bytes", true);
    CHECK(f.take() == strings{"z", "<bytes>"});
    CHECK(s.take() == strings{"3"});
    s.drain();
    CHECK(f.take() == strings{"sent"});
    s.closed(1005);
    CHECK(f.take() == strings{"close server_closed 1005"});
}

TEST_CASE("an upgrade that fails leaves the session where it was, whenever it fails") {
    for (int step = 0; step < 6; ++step) {
        INFO(step);
        opened f(options(), open_upgradable);
        auto& s = f.net.socket();
        f.channel->send("a");
        if (step == 0) {
            s.fail();
        } else {
            s.open();
            if (step == 1) s.closed(1006, false);
            if (step == 2) s.message("3other");
            if (step == 3) s.message("4early");
            if (step == 4) f.net.advance(30s);
            if (step == 5) {
                s.message("3probe");
                f.post().answer(200, "ok");
                f.channel->send("b");
                f.get().answer(200, "2");
                CHECK(s.take() == strings{"2probe", "5", "4b", "3"});
                continue;
            }
        }
        if (step == 4) {
            CHECK(f.heard.back().starts_with("close heartbeat_timeout"));
            continue;
        }
        CHECK(f.net.open_sockets() == 0);
        f.post().answer(200, "ok");
        f.channel->send("b");
        CHECK(f.post().body == "4b");
        f.get().answer(200, "4c");
        CHECK(f.take() == strings{"sent", "c"});
        CHECK(f.channel->transport() == "polling");
    }
}

TEST_CASE("a probe that breaks while polling comes to rest sets it going again") {
    opened f(options(), open_upgradable);
    auto& s = f.net.socket();
    s.open();
    s.message("3probe");
    f.channel->send("a");
    SECTION("with a poll under way") {
        s.closed(1006, false);
        CHECK(f.post().body == "4a");
        f.get().answer(200, "4c");
        CHECK(f.take() == strings{"c"});
    }
    SECTION("with a POST under way, the poll being through") {
        opened g(options(), open_upgradable);
        g.net.socket().open();
        g.channel->send("a");
        g.net.socket().message("3probe");
        g.get().answer(200, "6");
        CHECK(g.net.open_calls() == 1);
        g.net.socket().closed(1006, false);
        CHECK(g.net.open_calls() == 2);
        g.post().answer(200, "ok");
        CHECK(g.take() == strings{"sent"});
    }
}

TEST_CASE("no upgrade is tried where it is not wanted or not offered") {
    opened a;
    CHECK(a.net.sockets.empty());
    auto o = options();
    o.upgrade = false;
    opened b(o, open_upgradable);
    CHECK(b.net.sockets.empty());
    opened c(options({"polling"}), open_upgradable);
    CHECK(c.net.sockets.empty());
}

TEST_CASE("a WebSocket that comes first opens the session by itself") {
    channel_fixture f(options({"websocket", "polling"}));
    auto& s = f.net.socket();
    CHECK(s.query == "EIO=4&transport=websocket");
    CHECK(s.timeout == 10s);
    s.open("chat");
    CHECK(f.take().empty());
    s.message(open_upgradable);
    CHECK(f.take() == strings{"open"});
    CHECK(f.channel->transport() == "websocket");
    CHECK(f.channel->subprotocol() == "chat");
    CHECK(f.net.sockets.size() == 1);
    f.channel->send("a");
    f.channel->send({"b", true});
    CHECK(s.take() == strings{"4a", "<b>"});
    s.message("1");
    CHECK(f.take() == strings{"close server_closed 1005"});
}

TEST_CASE("the next transport is tried when one does not open, and all failures are told") {
    for (int how = 0; how < 6; ++how) {
        channel_fixture f(options({"websocket", "polling"}));
        auto& s = f.net.socket();
        if (how % 3 != 0) s.open();
        if (how % 3 == 0) s.fail(broken("refused"));
        if (how % 3 == 1) f.net.advance(10'100ms);
        if (how % 3 == 2) s.message("4x");
        CHECK(f.net.open_sockets() == 0);
        auto& get = f.net.call("/", "GET");
        CHECK(get.timeout == 10s);
        if (how < 3) {
            get.answer(200, open_text);
            CHECK(f.take() == strings{"open"});
            continue;
        }
        get.answer(400, R"({"code":5,"message":"Unsupported protocol version"})");
        CHECK(f.heard.size() == 1);
        CHECK(f.failure.stage == client_stage::refused);
        CHECK(f.failure.status == 400);
        CHECK(f.failure.text.starts_with("websocket: "));
        CHECK(f.failure.text.ends_with(
            "; polling: the server answered 400: Unsupported protocol version"));
    }
}

TEST_CASE("without fall_back the first transport is the only one") {
    auto o = options({"websocket", "polling"});
    o.fall_back = false;
    channel_fixture f(o);
    CHECK(f.net.socket().timeout == 20s);
    f.net.socket().fail();
    CHECK(f.take() == strings{"failure request: websocket: the connection broke"});
}

TEST_CASE("in a race the second begins after the head start, and what opens last is dropped") {
    auto o = options({"websocket", "polling"});
    o.race_after = 100ms;
    channel_fixture f(o);
    f.net.socket().open();
    CHECK(f.net.open_calls() == 0);
    f.net.advance(100ms);
    CHECK(f.net.open_calls() == 1);
    SECTION("polling wins, and goes over later") {
        f.net.call("/").answer(200, open_upgradable);
        CHECK(f.take() == strings{"open"});
        CHECK(f.net.sockets.front()->is_dropped);
        CHECK(f.net.socket().query.ends_with("sid=S"));
    }
    SECTION("the WebSocket wins") {
        f.net.socket().message(open_text);
        CHECK(f.take() == strings{"open"});
        CHECK(f.net.open_calls() == 0);
        CHECK(f.channel->transport() == "websocket");
    }
    SECTION("one fails, and the other goes on") {
        f.net.socket().fail();
        CHECK(f.take().empty());
        f.net.call("/").answer(200, open_text);
        CHECK(f.take() == strings{"open"});
    }
    SECTION("both fail") {
        f.net.call("/").fail();
        f.net.socket().fail();
        CHECK(f.take() == strings{"failure request: polling: the connection broke; websocket: the "
                                  "connection broke"});
    }
}

TEST_CASE("in a race the second begins at once when the first has failed") {
    auto o = options({"websocket", "polling"});
    o.race_after = 5s;
    o.fall_back = false;
    channel_fixture f(o);
    f.net.socket().fail();
    CHECK(f.net.open_calls() == 1);
    f.net.advance(5s);
    CHECK(f.net.open_calls() == 1);
}

TEST_CASE("how a session of Engine.IO ends") {
    struct row {
        std::function<void(opened&)> what;
        char const* heard;
    };
    for (auto const& [what, heard] : std::vector<row>{
             {[](opened& f) {
                  f.get().answer(200,
                                 "4x\x1e"
                                 "1\x1e"
                                 "4y");
              },
              "close server_closed 1005"},
             {[](opened& f) {
                  f.get().answer(400, R"({"code":1,"message":"Session ID unknown"})");
              },
              "close transport_lost 1006 the server answered 400: Session ID unknown"},
             {[](opened& f) { f.get().answer(502, "<html>"); },
              "close transport_lost 1006 the server answered 502"},
             {[](opened& f) { f.get().fail(); }, "close transport_lost 1006 the connection broke"},
             {[](opened& f) { f.get().answer(200, ""); },
              "close protocol_error 1002 a payload that cannot be decoded"},
             {[](opened& f) {
                  f.get().answer(200,
                                 "4x\x1e"
                                 "9");
              },
              "close protocol_error 1002 a payload that cannot be decoded"},
             {[](opened& f) { f.get().answer(200, "4" + std::string(1'000'001, 'x')); },
              "close message_too_big 1009 a message is longer than the limit"},
             {[](opened& f) {
                  f.channel->send("m");
                  f.post().answer(413, "");
              },
              "close message_too_big 1009 the server answered 413"},
             {[](opened& f) {
                  f.channel->send("m");
                  f.post().fail();
              },
              "close transport_lost 1006 the connection broke"}}) {
        opened f;
        what(f);
        REQUIRE_FALSE(f.heard.empty());
        CHECK(f.heard.back() == heard);
        CHECK(f.net.open_calls() == 0);
        f.net.advance(60s);
    }
}

TEST_CASE("a session by polling says goodbye after what is queued") {
    opened f;
    f.channel->send("a");
    f.channel->send("b");
    f.channel->close(static_cast<close_code>(3000), "bye");
    f.post().answer(200, "ok");
    CHECK(f.post().body ==
          "4b\x1e"
          "1");
    f.get().answer(200, "4late");
    SECTION("and ends when that has arrived") {
        f.post().answer(200, "ok");
    }
    SECTION("or when the connection breaks") {
        f.post().fail();
    }
    SECTION("or when the server has forgotten it") {
        f.get().answer(400, "{}");
    }
    SECTION("or when it takes too long") {
        f.net.advance(1'100ms);
    }
    CHECK(f.take() == strings{"close client_closed 3000 bye"});
    CHECK(f.net.open_calls() == 0);
}

TEST_CASE("a session over a WebSocket says goodbye by its close") {
    channel_fixture f(options({"websocket"}));
    f.net.socket().open();
    f.net.socket().message(open_text);
    f.channel->send("a");
    f.channel->close(close_code::normal, {});
    CHECK(f.net.socket().take() == strings{"4a"});
    CHECK(f.net.socket().goodbye == "1000 ");
    f.net.socket().closed(1005);
    CHECK(f.take() == strings{"open", "close client_closed 1000"});
}

TEST_CASE("a goodbye during an upgrade goes by polling") {
    for (auto const is_stopping : {false, true}) {
        opened f(options(), open_upgradable);
        auto& s = f.net.socket();
        s.open();
        if (is_stopping) s.message("3probe");
        f.channel->send("a");
        f.channel->close(close_code::normal, {});
        CHECK(s.is_dropped);
        CHECK(f.post().body == (is_stopping ? "4a\x1e"
                                              "1"
                                            : "4a"));
        if (!is_stopping) f.post().answer(200, "ok");
        f.post().answer(200, "ok");
        CHECK(f.take() == strings{"close client_closed 1000"});
    }
}

TEST_CASE("a pause holds back polls and the rest of a payload, and silence is no end") {
    opened f;
    f.on_event = [&](auto const& text) {
        if (text == "one") f.channel->pause(true);
    };
    f.get().answer(200,
                   "4one\x1e"
                   "4two\x1e"
                   "4three");
    CHECK(f.take() == strings{"one"});
    CHECK(f.net.open_calls() == 0);
    f.net.advance(10s);
    f.channel->pause(false);
    f.net.advance(25ms);
    CHECK(f.take() == strings{"two", "three"});
    CHECK(f.net.open_calls() == 1);
}

TEST_CASE("bad handshakes are failures") {
    for (auto const* const text :
         {"", "x", "0", "0{}", "4x", R"(0{"sid":"S","pingInterval":0,"pingTimeout":1})"}) {
        channel_fixture f(options({"polling"}));
        f.net.call("/").answer(200, text);
        CHECK(f.failure.stage == client_stage::protocol);
        CHECK(f.net.open_calls() == 0);
    }
}

TEST_CASE("a channel of Engine.IO can be destroyed at each of its events") {
    for (auto const* const at : {"open", "x", "sent", "transport websocket"}) {
        INFO(at);
        channel_fixture f(options());
        f.on_event = [&](auto const& text) {
            if (text == at) f.channel.reset();
        };
        f.net.call("/").answer(200,
                               open_upgradable + std::string("\x1e"
                                                             "4x\x1e"
                                                             "4y"));
        if (f.channel) {
            f.channel->send("a");
            f.net.call("/", "POST").answer(200, "ok");
        }
        if (f.channel) {
            f.net.socket().open();
            f.net.socket().message("3probe");
            f.net.call("/", "GET").answer(200, "6");
        }
        CHECK_FALSE(f.channel);
        CHECK(f.net.open_calls() == 0);
        CHECK(f.net.open_sockets() == 0);
    }
}

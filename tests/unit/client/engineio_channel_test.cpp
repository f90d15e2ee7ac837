#include "unit/client/engineio_client.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

using namespace anywire;
using namespace anywire::test;

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
    // The packets of an answer that got lost are not given again.
    CHECK_FALSE(first.is_once);
    CHECK(second.is_once);
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

TEST_CASE(
    "one POST carries no more packets, and no more bytes, than servers take that say nothing") {
    auto o = options();
    auto const count = [](std::string_view body) { return std::ranges::count(body, '\x1e') + 1; };
    SECTION("16 packets") {
        opened f(o, open_upgradable);
        for (int i = 0; i < 34; ++i) f.channel->send("m");
        for (auto const n : {1, 16, 16, 1}) {
            CHECK(count(f.post().body) == n);
            f.post().answer(200, "ok");
        }
        CHECK(f.take() == strings{"sent"});
    }
    SECTION("as many as wanted") {
        o.max_packets_per_post = 0;
        opened f(o, open_upgradable);
        for (int i = 0; i < 34; ++i) f.channel->send("m");
        f.post().answer(200, "ok");
        CHECK(count(f.post().body) == 33);
    }
    SECTION("1 000 000 bytes") {
        opened f(o, open_upgradable);
        std::string const text(400'000, 'x');
        for (int i = 0; i < 4; ++i) f.channel->send(text);
        for (auto const n : {1, 2, 1}) {
            CHECK(count(f.post().body) == n);
            f.post().answer(200, "ok");
        }
    }
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

TEST_CASE("a ping that comes after the goodbye of a WebSocket is not answered") {
    channel_fixture f(options({"websocket"}));
    f.net.socket().open();
    f.net.socket().message(open_text);
    f.channel->close(close_code::normal, {});
    f.net.socket().message("2");
    CHECK(f.net.socket().take().empty());
}

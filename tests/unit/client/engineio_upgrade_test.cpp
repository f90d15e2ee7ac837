#include "unit/client/engineio_client.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::test;

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

TEST_CASE("each message is compressed or not, also one that waits for the upgrade") {
    opened f(options(), open_upgradable);
    auto& s = f.net.socket();
    s.open();
    s.message("3probe");
    f.channel->send("a", false);
    f.channel->send("b", true);
    f.get().answer(200, "6");
    f.channel->send("c", false);
    CHECK(s.take() == strings{"2probe", "5", "4a", "4b", "4c"});
    CHECK(s.plain == strings{"4a", "4c"});
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

#include "support/client_fixture.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

namespace {

client_options options() {
    return {.url = "wss://a/live?x=1",
            .protocols = {"chat", "echo"},
            .headers = {{"Authorization", "Bearer t"}},
            .query = "y=2",
            .ping_interval = 1s,
            .ping_timeout = 500ms};
}

struct opened : channel_fixture {
    explicit opened(client_options o = options()) : channel_fixture(std::move(o)) {
        net.socket().open("echo");
        CHECK(take() == strings{"open"});
    }
};

}  // namespace

TEST_CASE("a plain WebSocket is asked for as the options say") {
    auto o = options();
    o.compress = true;
    channel_fixture f(o);
    auto& s = f.net.socket();
    CHECK(s.url == "https://a/live?x=1&y=2");
    CHECK(s.protocols == strings{"chat", "echo"});
    CHECK(s.fields == strings{"Authorization: Bearer t"});
    CHECK(s.timeout == 20s);
    CHECK(s.max_message == 1'000'000);
    CHECK(s.deflate);
    CHECK(f.channel->transport().empty());
    CHECK_FALSE(f.channel->is_writable());
}

TEST_CASE("each message of a plain WebSocket is compressed or not") {
    opened f;
    f.channel->send("a", false);
    f.channel->send("b");
    CHECK(f.net.socket().plain == strings{"a"});
}

TEST_CASE("messages of a plain WebSocket are as they are, both ways") {
    opened f;
    CHECK(f.channel->transport() == "websocket");
    CHECK(f.channel->subprotocol() == "echo");
    CHECK(f.channel->sid().empty());
    CHECK(f.channel->is_writable());
    f.channel->send("one");
    f.channel->send({"two", true});
    CHECK_FALSE(f.channel->is_writable());
    CHECK(f.channel->queued_bytes() > 0);
    f.net.socket().drain();
    CHECK(f.take() == strings{"sent"});
    CHECK(f.net.socket().take() == strings{"one", "<two>"});
    f.net.socket().message("three");
    f.net.socket().message("four", true);
    CHECK(f.take() == strings{"three", "<four>"});
}

TEST_CASE(
    "the fields of the handshake's answer are there while the opening is told, and no longer") {
    channel_fixture f(options());
    http_field const field{"Set-Cookie", "a=b"};
    std::size_t seen = 0;
    f.on_event = [&](std::string const& what) {
        if (what == "open") seen = f.channel->response().size();
    };
    CHECK(f.channel->response().empty());
    f.net.socket().open("echo", {&field, 1});
    CHECK(seen == 1);
    CHECK(f.channel->response().empty());
}

TEST_CASE("a server that does not answer pings is noticed, one that shows life is not") {
    opened f;
    f.net.advance(1s);
    CHECK(f.net.socket().pings == 1);
    f.net.advance(400ms);
    f.net.socket().live();
    f.net.advance(900ms);
    CHECK(f.net.socket().pings == 1);
    f.net.advance(200ms);
    CHECK(f.net.socket().pings == 2);
    f.net.socket().message("x");
    f.net.advance(1s);
    CHECK(f.net.socket().pings == 3);
    f.net.advance(550ms);
    CHECK(f.take() ==
          strings{"x", "close heartbeat_timeout 1006 the server did not answer a ping in time"});
    CHECK(f.net.socket().is_dropped);
}

TEST_CASE("no pings are sent where none are wanted") {
    auto o = options();
    o.ping_interval = 0s;
    opened f(o);
    f.net.advance(60s);
    CHECK(f.net.socket().pings == 0);
}

TEST_CASE("a WebSocket that does not open is a failure") {
    channel_fixture f(options());
    f.net.socket().fail(broken("no route"));
    CHECK(f.take() == strings{"failure request: no route"});
}

TEST_CASE("how a plain WebSocket ends says who ended it") {
    opened a;
    a.net.socket().closed(3001, true, "bye");
    CHECK(a.take() == strings{"close server_closed 3001 bye"});
    opened b;
    b.net.socket().closed(1006, false);
    CHECK(b.take() == strings{"close transport_lost 1006"});
    opened c;
    c.channel->send("last");
    c.channel->close(close_code::normal, "done");
    CHECK(c.net.socket().goodbye == "1000 done");
    c.net.socket().message("too late");
    c.net.socket().closed(1000);
    CHECK(c.take() == strings{"close client_closed 1000 done"});
}

TEST_CASE("a paused WebSocket is not read, nor watched") {
    opened f;
    f.channel->pause(true);
    CHECK(f.net.socket().is_paused);
    f.net.socket().message("held");
    f.net.socket().message("too", true);
    f.net.advance(10s);
    CHECK(f.take().empty());
    CHECK(f.net.socket().pings == 0);
    f.channel->pause(false);
    CHECK(f.take().empty());
    f.net.advance(50ms);
    CHECK(f.take() == strings{"held", "<too>"});
    CHECK_FALSE(f.net.socket().is_paused);
    f.net.advance(1s);
    CHECK(f.net.socket().pings == 1);
}

TEST_CASE("an end comes after the messages that a pause holds back") {
    opened f;
    f.channel->pause(true);
    f.net.socket().message("held");
    f.net.socket().closed(1000);
    CHECK(f.take().empty());
    SECTION("when they are delivered") {
        f.channel->pause(false);
        f.net.advance(50ms);
        CHECK(f.take() == strings{"held", "close server_closed 1000"});
    }
    SECTION("or at once for who closes") {
        f.channel->close(close_code::normal, {});
        f.net.advance(50ms);
        CHECK(f.take() == strings{"close client_closed 1000"});
    }
}

TEST_CASE("a channel can be destroyed at each of its events") {
    for (auto const* const at : {"open", "m", "sent"}) {
        channel_fixture f(options());
        f.on_event = [&](auto const& text) {
            if (text == at) f.channel.reset();
        };
        f.net.socket().open();
        if (f.channel) f.channel->send("x");
        f.net.socket().drain();
        f.net.socket().message("m");
        CHECK_FALSE(f.channel);
        CHECK(f.net.socket().is_dropped);
    }
}

#include <anywire/test.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

using namespace anywire;
using namespace std::chrono_literals;
using strings = std::vector<std::string>;

namespace {

handlers echo() {
    return {.on_message = [](session& s, message_view m) { s.send(m); }};
}

/// A host with an echo in every dialect.
struct echo_host {
    std::vector<std::string> closed{};
    testing::host host{};

    explicit echo_host(session_limits const& limits = {}) {
        auto app = echo();
        app.on_close = [this](session&, close_event const& how) {
            closed.emplace_back(to_string(how.reason));
        };
        host.mount("/ws", websocket_options{.limits = limits}, app);
        host.mount("/sockjs", sockjs_options{.limits = limits}, app);
        host.mount("/engine.io", engineio_options{.limits = limits}, app);
    }
};

}  // namespace

TEST_CASE("a client of each dialect talks to a handler without a socket") {
    echo_host e;
    for (auto const& [path, speaks] : {std::pair{"/ws", testing::dialect::websocket},
                                       std::pair{"/sockjs", testing::dialect::sockjs},
                                       std::pair{"/engine.io", testing::dialect::engineio}}) {
        INFO(path);
        auto client = e.host.connect(path, speaks);
        REQUIRE(client.is_open());
        client.send("one");
        client.send(R"(two "quoted")");
        CHECK(client.take() == strings{"one", R"(two "quoted")"});
        e.host.advance(1h);
        CHECK(client.is_open());
        client.send("three");
        CHECK(client.take() == strings{"three"});
        client.close();
        CHECK_FALSE(client.is_open());
    }
    CHECK(e.closed == strings{"client_closed", "client_closed", "client_closed"});
}

TEST_CASE("a poll waits until there is something to say, and its time is told") {
    echo_host e;
    CHECK(e.host.post("/sockjs/000/a/xhr").body() == "o\n");
    auto poll = e.host.post("/sockjs/000/a/xhr");
    CHECK_FALSE(poll.has_begun());
    CHECK(e.host.post("/sockjs/000/a/xhr_send", R"(["x"])").status() == 204);
    CHECK(poll.is_complete());
    CHECK(poll.body() == "a[\"x\"]\n");
    auto const next = e.host.post("/sockjs/000/a/xhr");
    e.host.advance(24s);
    CHECK_FALSE(next.is_complete());
    e.host.advance(2s);
    CHECK(next.body() == "h\n");
    e.host.advance(6s);
    CHECK(e.closed == strings{"transport_lost"});
}

TEST_CASE("a stream's parts are seen as they come, and a client that goes is heard of") {
    echo_host e;
    auto stream = e.host.post("/sockjs/000/a/xhr_streaming");
    CHECK(stream.has_begun());
    CHECK(stream.status() == 200);
    CHECK(stream.take_parts().back() == "o\n");
    (void)e.host.post("/sockjs/000/a/xhr_send", R"(["x","y"])");
    CHECK(stream.take_parts() == strings{"a[\"x\"]\n", "a[\"y\"]\n"});
    stream.cut();
    e.host.advance(1s);
    CHECK(e.closed == strings{"transport_lost"});
}

TEST_CASE("a dead client is noticed, a cut one at once") {
    echo_host e;
    auto dead = e.host.connect("/ws");
    dead.stop_answering_pings();
    e.host.advance(2min);
    CHECK(dead.closed_with().has_value());
    auto cut = e.host.connect("/ws");
    cut.cut();
    CHECK(e.closed == strings{"heartbeat_timeout", "transport_lost"});
}

TEST_CASE("what is sent to a client that does not read waits, and comes when it reads on") {
    echo_host e;
    auto slow = e.host.connect("/ws");
    slow.stop_reading();
    for (auto const* text : {"1", "2", "3"}) slow.send(text);
    CHECK(slow.take().empty());
    slow.read_on();
    CHECK(slow.take() == strings{"1", "2", "3"});
    slow.stop_reading();
    std::string const long_text(100'000, 'x');
    for (int i = 0; i < 300; ++i) slow.send(long_text);
    CHECK(e.closed == strings{"slow_consumer"});
}

TEST_CASE("who may not come in is refused, with a status or a close code") {
    testing::host host;
    auto app = echo();
    app.authorize = [](request const& r, decision d) {
        r.header("cookie") == "user=ann" ? d.accept(std::string("ann")) : d.refuse(401, "who?");
    };
    host.mount("/ws", websocket_options{}, app);
    host.mount("/sockjs", sockjs_options{}, app);
    CHECK(host.connect("/ws").refused_with() == 401);
    CHECK(host.connect("/ws", testing::dialect::websocket, {{"Cookie", "user=ann"}}).is_open());
    auto const foreign = host.connect(
        "/ws", testing::dialect::websocket, {{"Cookie", "user=ann"}, {"Origin", "http://evil"}});
    CHECK(foreign.refused_with() == 403);
    auto const poll = host.post("/sockjs/000/a/xhr");
    CHECK(poll.status() == 401);
    CHECK(poll.body() == "who?\n");
    CHECK(host.get("/nothing").status() == 404);
}

TEST_CASE("timers of sessions and tickers come when their time has come") {
    testing::host host;
    int ticks = 0;
    auto const all = host.mount("/ws", websocket_options{}, {.on_open = [](session& s) {
                                    s.after(30min, [](session& t) { t.send("half an hour"); });
                                }});
    host.every(1min, [&] { ++ticks; });
    auto client = host.connect("/ws");
    host.advance(29min);
    CHECK(ticks == 29);
    CHECK(client.take().empty());
    host.advance(2min);
    CHECK(client.take() == strings{"half an hour"});
    all.broadcast("to all");
    host.settle();
    CHECK(client.take() == strings{"to all"});
}

TEST_CASE("a drain ends every client in order") {
    echo_host e;
    auto client = e.host.connect("/ws");
    auto poll = e.host.post("/sockjs/000/a/xhr");
    bool is_over = false;
    e.host.drain(10s, [&] { is_over = true; });
    e.host.advance(11s);
    CHECK(is_over);
    CHECK(client.closed_with() == close_code::going_away);
    CHECK(e.closed == strings{"shutting_down", "shutting_down"});
}

TEST_CASE("a service that ends breaks off the requests that authorize has not decided on") {
    testing::host host;
    std::optional<decision> undecided;
    host.mount("/sockjs",
               sockjs_options{},
               {.on_message = [](session&, message_view) {},
                .authorize = [&](request const&, decision d) { undecided = std::move(d); }});
    auto const poll = host.post("/sockjs/000/a/xhr");
    CHECK_FALSE(poll.is_broken_off());
    host.stop();
    host.settle();
    CHECK(poll.is_broken_off());
    undecided->accept();  // says nothing any more
    host.settle();
    CHECK_FALSE(poll.has_begun());
}

TEST_CASE("a field that holds a line end does not get into an answer") {
    echo_host e;
    auto const answered =
        e.host.get("/sockjs/info", {{"Origin", "http://localhost\r\nSet-Cookie: a=1"}});
    CHECK(answered.status() == 400);
    CHECK(answered.header("Set-Cookie").empty());
    CHECK(e.host.max_body("/sockjs/000/a/xhr_send") == 1'000'000);
    CHECK(e.host.max_body("/ws") == 0);
    CHECK(e.host.max_body("/nothing") == 0);
}

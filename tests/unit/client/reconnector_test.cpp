#include "support/client_fixture.hpp"

#include <boost/system/errc.hpp>
#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <string>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

namespace {

client_options options() {
    return {.url = "ws://a", .ping_interval = 0s, .reconnect = {.delay = 1s, .jitter = 0}};
}

/// A client over plain WebSockets, and what it hears.
struct fixture final : client_events {
    explicit fixture(client_options o = options(), unsigned seed = 1)
        : net(seed),
          machine(std::make_unique<reconnector>(net, settings_of(std::move(o)), *this)) {}

    fake_network net;
    std::unique_ptr<reconnector> machine;
    strings heard{};
    std::function<void(std::string const&)> on_event{};

    strings take() { return std::exchange(heard, {}); }
    /// Connects, and opens.
    void open() {
        machine->connect();
        net.socket().open();
        CHECK(take() == strings{"open"});
    }

    void on_open() override { hear("open"); }
    void on_message(message_view m) override { hear(shown(m)); }
    void on_drain() override { hear("drain"); }
    void on_transport() override { hear("transport"); }
    void on_close(close_event const& how) override { hear(shown(how)); }
    void on_failure(client_failure const& why) override { hear(shown(why)); }
    void on_reconnecting(client_retry const& next) override {
        hear("again " + std::to_string(next.attempt) + " in " + std::to_string(next.delay.count()));
    }
    void on_end() override { hear("end"); }

private:
    void hear(std::string text) {
        heard.push_back(text);
        if (on_event) on_event(text);
    }
};

}  // namespace

TEST_CASE("a client comes back after a delay that grows, and begins anew once it was open") {
    fixture f;
    f.machine->connect();
    f.machine->connect();
    CHECK(f.net.sockets.size() == 1);
    std::size_t n = 1;
    for (auto const* const delay : {"1000", "2000", "4000", "5000", "5000"}) {
        f.net.socket().fail();
        CHECK(f.take() == strings{"failure request: the connection broke",
                                  "again " + std::to_string(n) + " in " + delay});
        f.net.advance(std::chrono::milliseconds(std::stoi(delay)) - 25ms);
        CHECK(f.net.sockets.size() == n);
        f.net.advance(25ms);
        CHECK(f.net.sockets.size() == ++n);
    }
    f.net.socket().open();
    CHECK(f.machine->is_open());
    f.net.socket().closed(1006, false);
    CHECK(f.take() == strings{"open", "close transport_lost 1006", "again 1 in 1000"});
    CHECK_FALSE(f.machine->is_open());
    CHECK_FALSE(f.machine->is_idle());
}

TEST_CASE("delays are spread by chance, within bounds and on both sides") {
    auto o = options();
    o.reconnect.jitter = 0.5;
    int shortest = 10'000;
    int longest = 0;
    for (unsigned seed = 1; seed <= 100; ++seed) {
        fixture f(o, seed);
        f.machine->connect();
        f.net.socket().fail();
        auto const delay = std::stoi(f.heard.back().substr(11));
        shortest = std::min(shortest, delay);
        longest = std::max(longest, delay);
    }
    CHECK(shortest >= 500);
    CHECK(shortest < 600);
    CHECK(longest <= 1'500);
    CHECK(longest > 1'400);
}

TEST_CASE("attempts end after the number that the options allow, or at once") {
    auto o = options();
    o.reconnect.attempts = 2;
    fixture f(o);
    f.machine->connect();
    for (int i = 0; i < 3; ++i) {
        f.net.socket().fail();
        f.net.advance(5s);
    }
    CHECK(f.net.sockets.size() == 3);
    CHECK(f.take() == strings{"failure request: the connection broke",
                              "again 1 in 1000",
                              "failure request: the connection broke",
                              "again 2 in 2000",
                              "failure request: the connection broke",
                              "end"});
    CHECK(f.machine->is_idle());
    f.machine->connect();
    f.net.socket().open();
    CHECK(f.take() == strings{"open"});

    o.reconnect.enabled = false;
    fixture g(o);
    g.open();
    g.net.socket().closed(1000);
    CHECK(g.take() == strings{"close server_closed 1000", "end"});
}

TEST_CASE("what is sent while there is no session waits for it, in order and before what follows") {
    fixture f;
    CHECK(f.machine->send("one"));
    f.machine->connect();
    CHECK(f.machine->send({"two", true}));
    CHECK(f.machine->queued_bytes() == 6 + 2 * 64);
    f.on_event = [&](auto const& text) {
        if (text == "open") CHECK(f.machine->send("three"));
    };
    f.net.socket().open();
    CHECK(f.net.socket().take() == strings{"one", "<two>", "three"});
    f.net.socket().closed(1006, false);
    f.on_event = {};
    CHECK(f.machine->send("four"));
    f.net.advance(1s);
    f.net.socket().open();
    CHECK(f.net.socket().take() == strings{"four"});
}

TEST_CASE("what is sent while there is no session is refused where the options say so") {
    auto o = options();
    o.offline = while_disconnected::refuse;
    fixture f(o);
    CHECK(f.machine->send("x").error() == errc::session_closed);
    f.machine->connect();
    CHECK(f.machine->send("x").error() == errc::session_closed);
    f.net.socket().open();
    CHECK(f.machine->send("x"));
    f.machine->close(close_code::normal, {});
    CHECK(f.machine->send("x").error() == errc::session_closed);
}

TEST_CASE("the queue is bounded, takes one message of any size, and says when it is empty again") {
    auto o = options();
    o.max_queued_bytes = 300;
    fixture f(o);
    CHECK(f.machine->send(std::string(1'000, 'x')));
    CHECK(f.machine->send("y").error() == errc::send_queue_full);
    f.machine->connect();
    f.net.socket().open();
    CHECK(f.machine->send("y").error() == errc::send_queue_full);
    CHECK(f.take() == strings{"open"});
    f.net.socket().drain();
    CHECK(f.take() == strings{"drain"});
    CHECK(f.machine->send("y"));
    f.net.socket().drain();
    CHECK(f.take().empty());

    // What had made it full goes with its session.
    CHECK(f.machine->send(std::string(1'000, 'x')));
    CHECK_FALSE(f.machine->send("y"));
    f.net.socket().closed(1006, false);
    f.net.advance(1s);
    f.net.socket().open();
    CHECK(f.take() == strings{"close transport_lost 1006", "again 1 in 1000", "open", "drain"});
}

TEST_CASE("several messages go together or not at all") {
    auto o = options();
    o.max_queued_bytes = 200;
    fixture f(o);
    f.open();
    std::array<message_view, 2> const two{message_view("head"), message_view("tail", true)};
    CHECK(f.machine->send(two));
    CHECK(f.net.socket().take() == strings{"head", "<tail>"});
    std::string const big(100, 'x');
    std::array<message_view, 2> const large{message_view(big), message_view(big)};
    CHECK(f.machine->send(large).error() == errc::send_queue_full);
    CHECK(f.net.socket().take().empty());
    f.net.socket().drain();
    CHECK(f.machine->send(large));
    std::array<message_view, 2> const bad{message_view("good"), message_view("\xff")};
    CHECK(f.machine->send(bad).error() == errc::bad_utf8);
    CHECK(f.net.socket().take() == strings{big, big});
}

TEST_CASE("text is UTF-8, and SockJS has no binary messages") {
    fixture f;
    CHECK(f.machine->send("\xc3").error() == errc::bad_utf8);
    CHECK(f.machine->send({"\xc3", true}));
    auto o = options();
    o.dialect = client_dialect::sockjs;
    fixture g(o);
    CHECK(g.machine->send({"x", true}).error() == boost::system::errc::operation_not_supported);
    CHECK(g.machine->send("x"));
}

TEST_CASE("a client that closes is idle after the goodbye, and can connect again") {
    fixture f;
    f.machine->close(close_code::normal, {});
    f.net.advance(1s);
    CHECK(f.take().empty());
    f.open();
    f.machine->close(static_cast<close_code>(3000), "bye");
    f.machine->close(close_code::normal, {});
    CHECK(f.net.socket().goodbye == "3000 bye");
    CHECK(f.take().empty());
    f.net.socket().closed(3000);
    CHECK(f.take() == strings{"close client_closed 3000 bye", "end"});
    CHECK(f.machine->is_idle());
    f.net.advance(60s);
    CHECK(f.net.sockets.size() == 1);
    f.open();
}

TEST_CASE("a client can be closed while it connects, and while it waits") {
    fixture f;
    f.machine->connect();
    CHECK(f.machine->send("kept"));
    f.machine->close(close_code::normal, {});
    CHECK(f.net.socket().is_dropped);
    CHECK(f.take().empty());
    f.net.advance(25ms);
    CHECK(f.take() == strings{"end"});
    f.machine->connect();
    f.net.socket().fail();
    f.take();
    f.machine->close(close_code::normal, {});
    f.net.advance(60s);
    CHECK(f.take() == strings{"end"});
    CHECK(f.net.sockets.size() == 2);
    f.open();
    CHECK(f.net.socket().take().empty());
}

TEST_CASE("connect during a goodbye is done when that is over") {
    fixture f;
    f.open();
    f.machine->close(close_code::normal, {});
    CHECK(f.machine->send("x").error() == errc::session_closed);
    f.machine->connect();
    CHECK(f.machine->send("x"));
    f.net.socket().closed(1000);
    CHECK(f.take() == strings{"close client_closed 1000", "end"});
    CHECK(f.net.sockets.size() == 2);
    f.net.socket().open();
    CHECK(f.net.socket().take() == strings{"x"});
}

TEST_CASE("reconnect opens a new session at once, whatever the client does") {
    fixture f;
    f.machine->reconnect();
    CHECK(f.net.sockets.size() == 1);
    f.machine->reconnect();
    CHECK(f.net.sockets.size() == 2);
    CHECK(f.net.sockets[0]->is_dropped);
    f.net.socket().fail();
    f.machine->reconnect();
    CHECK(f.net.sockets.size() == 3);
    f.net.socket().open();
    f.take();
    f.machine->reconnect();
    CHECK(f.machine->send("for the next"));
    CHECK(f.net.socket().goodbye == "1000 ");
    f.net.socket().closed(1000);
    CHECK(f.take() == strings{"close client_closed 1000"});
    CHECK(f.net.sockets.size() == 4);
    f.net.socket().open();
    CHECK(f.net.socket().take() == strings{"for the next"});
    f.net.advance(60s);
    CHECK(f.net.sockets.size() == 4);
}

TEST_CASE("a session that the layer above gives up ends as that says, and another follows") {
    fixture f;
    f.open();
    f.machine->give_up_session(close_reason::protocol_error, "bad packet");
    CHECK(f.net.socket().goodbye.starts_with("1002"));
    f.net.socket().message("more");
    f.net.socket().closed(1002);
    CHECK(f.take() == strings{"close protocol_error 1002 bad packet", "again 1 in 1000"});
    f.net.advance(1s);
    f.net.socket().open();
    f.net.socket().closed(1000);
    CHECK(f.heard[1] == "close server_closed 1000");
}

TEST_CASE("a pause holds for later sessions, too") {
    fixture f;
    f.machine->pause(true);
    f.open();
    CHECK(f.net.socket().is_paused);
    f.net.socket().closed(1006, false);
    f.net.advance(1s);
    f.net.socket().open();
    CHECK(f.net.socket().is_paused);
    f.machine->pause(false);
    CHECK_FALSE(f.net.socket().is_paused);
}

TEST_CASE("handlers may call anything, at any event") {
    auto const calls = std::array<std::function<void(fixture&)>, 5>{
        [](fixture& f) { f.machine->connect(); },
        [](fixture& f) { f.machine->reconnect(); },
        [](fixture& f) { f.machine->close(close_code::normal, {}); },
        [](fixture& f) { (void)f.machine->send("x"); },
        [](fixture& f) { f.machine.reset(); }};
    for (std::size_t which = 0; which < calls.size(); ++which) {
        for (auto const* const at : {"open", "m", "close", "failure", "again", "end", "drain"}) {
            INFO(which << ' ' << at);
            auto o = options();
            o.reconnect.attempts = 2;
            o.max_queued_bytes = 100;
            fixture f(o);
            int times = 0;
            f.on_event = [&](auto const& text) {
                if (text.starts_with(at) && ++times == 1) calls[which](f);
            };
            f.machine->connect();
            for (int i = 0; i < 12 && f.machine; ++i) {
                auto& s = f.net.socket();
                (void)f.machine->send(std::string(200, 'x'));
                (void)f.machine->send("refused");
                if (i % 3 == 0 && s.events && !s.is_open) s.open();
                s.drain();
                s.message("m");
                s.is_open ? s.closed(1006, false) : s.fail();
                f.net.advance(10s);
            }
            CHECK(times > 0);
            if (which == 4) CHECK_FALSE(f.machine);
        }
    }
}

TEST_CASE("the messages of one call are compressed or not") {
    fixture f;
    f.open();
    std::array<message_view, 2> const packet{message_view("a"), message_view("b", true)};
    CHECK(f.machine->send(packet, false));
    CHECK(f.machine->send(packet, true));
    CHECK(f.net.socket().plain == strings{"a", "b"});
}

// What coroutines await of a client, without sockets.

#include "client_waits.hpp"

#include "support/client_fixture.hpp"

#include <boost/system/errc.hpp>
#include <catch2/catch.hpp>

#include <memory>
#include <string>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

namespace {

/// A client over plain WebSockets, as its coroutines see it.
struct fixture final : client_events {
    explicit fixture(reconnect_options again = {.delay = 1s, .jitter = 0})
        : machine(std::make_unique<reconnector>(
              net,
              settings_of({.url = "ws://a", .ping_interval = 0s, .reconnect = again}),
              *this)) {}

    fake_network net{1};
    client_waits waits{false};
    std::unique_ptr<reconnector> machine;
    strings heard{};

    strings take() { return std::exchange(heard, {}); }
    void connect() {
        waits.connect(*machine, [this](client_result r) {
            heard.push_back(r ? "open" : "no: " + r.error().text);
        });
    }
    void receive() {
        waits.receive(*machine, [this](result<message> m) {
            heard.push_back(m ? "got " + m->data : "no: " + m.error().message());
        });
    }
    void close() {
        waits.close(*machine, close_code::normal, {}, [this] { heard.push_back("ended"); });
    }
    void open() {
        connect();
        net.socket().open();
        CHECK(take() == strings{"open"});
    }

    void on_open() override { waits.on_open(); }
    void on_message(message_view m) override { waits.on_message(*machine, m); }
    void on_drain() override {}
    void on_transport() override {}
    void on_close(close_event const&) override { waits.on_close(); }
    void on_failure(client_failure const& why) override { waits.on_failure(why); }
    void on_reconnecting(client_retry const&) override {}
    void on_end() override { waits.on_end(*machine); }
};

std::string const closed = "no: " + make_error_code(errc::session_closed).message();
std::string const refused = "no: " + error_code(boost::system::errc::operation_not_supported,
                                                boost::system::generic_category())
                                         .message();

}  // namespace

TEST_CASE("who awaits the opening hears of each attempt in turn") {
    fixture f;
    f.connect();
    f.net.socket().fail();
    CHECK(f.take() == strings{"no: the connection broke"});
    f.connect();
    CHECK(f.take().empty());
    f.net.advance(1s);
    f.net.socket().open();
    CHECK(f.take() == strings{"open"});
    f.connect();
    CHECK(f.take() == strings{"open"});
}

TEST_CASE("after the last attempt it begins anew") {
    fixture f({.enabled = false});
    f.connect();
    f.net.socket().fail();
    CHECK(f.take() == strings{"no: the connection broke"});
    CHECK(f.machine->is_idle());
    f.connect();
    f.net.socket().open();
    CHECK(f.take() == strings{"open"});
}

TEST_CASE("who begins to await the opening when an attempt has just failed is not forgotten") {
    fixture f({.enabled = false});
    bool is_again = false;
    f.waits.connect(*f.machine, [&](client_result) { f.connect(), is_again = true; });
    f.net.socket().fail();
    CHECK(is_again);
    CHECK(f.net.sockets.size() == 2);
    f.net.socket().open();
    CHECK(f.take() == strings{"open"});
}

TEST_CASE("messages wait until they are awaited, and the end of their session after them") {
    fixture f;
    f.open();
    f.receive();
    f.net.socket().message("a");
    CHECK(f.take() == strings{"got a"});
    f.net.socket().message("b");
    f.net.socket().message("c");
    f.net.socket().closed(1006, false);
    f.receive();
    f.receive();
    f.receive();
    f.receive();
    CHECK(f.take() == strings{"got b", "got c", closed, closed});
}

TEST_CASE("the end of a session is told once, and not to who has connected since") {
    fixture f;
    f.open();
    f.receive();
    f.net.socket().closed(1006, false);
    CHECK(f.take() == strings{closed});
    f.net.advance(1s);
    f.net.socket().open();
    f.net.socket().closed(1006, false);
    f.net.advance(1s);
    f.net.socket().open();
    f.net.socket().message("new");
    f.connect();
    f.receive();
    CHECK(f.take() == strings{"open", "got new"});
}

TEST_CASE("a session that ended unseen stands between its messages and those of the next") {
    fixture f;
    f.open();
    f.net.socket().message("old");
    f.net.socket().closed(1006, false);
    f.net.advance(1s);
    f.net.socket().open();
    f.net.socket().message("new");
    f.connect();
    for (int i = 0; i < 3; ++i) f.receive();
    CHECK(f.take() == strings{"open", "got old", closed, "got new"});
}

TEST_CASE("only one may await a message") {
    fixture f;
    f.open();
    f.receive();
    f.receive();
    CHECK(f.take() == strings{refused});
    f.net.socket().message("a");
    CHECK(f.take() == strings{"got a"});
}

TEST_CASE("too many messages that nobody awaits pause the client, until they are fetched") {
    fixture f;
    f.open();
    std::string const big(client_waits::most_unread / 2, 'x');
    f.net.socket().message(big);
    CHECK_FALSE(f.net.socket().is_paused);
    f.net.socket().message(big);
    CHECK(f.net.socket().is_paused);
    f.receive();
    CHECK(f.net.socket().is_paused);
    f.receive();
    CHECK_FALSE(f.net.socket().is_paused);
    CHECK(f.take() == strings{"got " + big, "got " + big});
}

TEST_CASE("closing ends what is awaited") {
    fixture f;
    SECTION("the opening") {
        f.connect();
        f.close();
        CHECK(f.take() == strings{"no: The client was closed."});
        f.net.advance(25ms);
        CHECK(f.take() == strings{"ended"});
    }
    SECTION("a message") {
        f.open();
        f.receive();
        f.close();
        CHECK(f.take().empty());
        f.net.socket().closed(1000);
        CHECK(f.take() == strings{closed, "ended"});
    }
    SECTION("nothing, where it is idle") {
        f.close();
        CHECK(f.take() == strings{"ended"});
    }
    SECTION("and who connects meanwhile is connected then") {
        f.open();
        f.close();
        f.connect();
        CHECK(f.take().empty());
        f.net.socket().closed(1000);
        CHECK(f.take() == strings{"ended"});
        f.net.socket().open();
        CHECK(f.take() == strings{"open"});
    }
}

TEST_CASE("a client that goes says so to all who wait") {
    fixture f;
    f.open();
    f.receive();
    f.close();
    f.machine.reset();
    f.waits.on_gone();
    CHECK(f.take() == strings{closed, "ended"});
}

TEST_CASE("a message need not be awaited any longer") {
    fixture f;
    f.open();
    f.receive();
    f.waits.give_up_receiving();
    CHECK(f.take().front().starts_with("no: Operation cancel"));
    f.net.socket().message("a");
    f.receive();
    f.waits.give_up_receiving();
    CHECK(f.take() == strings{"got a"});
}

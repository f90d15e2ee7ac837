// The client as a program has it, against our own server: each dialect over each transport, plain
// and over TLS, through a network that cuts.

#include <anywire/client.hpp>
#include <anywire/executors.hpp>
#include <anywire/fault_proxy.hpp>
#include <anywire/server.hpp>

#include "support/certificate.hpp"
#include "support/ipv6.hpp"
#include "support/running_server.hpp"

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cstddef>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

namespace {

struct way {
    client_dialect dialect;
    std::vector<std::string> transports;
    std::string carrier;
    unsigned revision = 4;
};

std::vector<way> all_ways() {
    using enum client_dialect;
    return {{websocket, {}, "websocket"},
            {sockjs, {}, "websocket"},
            {sockjs, {"xhr-streaming"}, "xhr-streaming"},
            {sockjs, {"eventsource"}, "eventsource"},
            {sockjs, {"xhr-polling"}, "xhr-polling"},
            {engineio, {}, "websocket"},
            {engineio, {"websocket", "polling"}, "websocket"},
            {engineio, {"polling"}, "polling"},
            {engineio, {}, "websocket", 3},
            {engineio, {"polling"}, "polling", 3}};
}

/// An echo of each dialect, plain and over TLS.
struct echo_server {
    explicit echo_server(certificate const* shown = nullptr,
                         std::string const& address = "127.0.0.1")
        : server(options(shown, address), [&](anywire::server& s) {
              sockjs_options sockjs;
              sockjs.response_limit = 2'000;
              engineio_options engineio;
              engineio.eio3 = true;
              s.mount("/ws", websocket_options{}, noting_echo(seen));
              s.mount("/sockjs", sockjs, noting_echo(seen));
              s.mount("/engine.io", engineio, noting_echo(seen));
          }) {}
    static server_options options(certificate const* shown, std::string const& address) {
        auto o = on_free_port();
        o.address = address;
        if (shown)
            o.listeners = {
                {.address = address,
                 .port = 0,
                 .tls = {.certificate = shown->certificate_file(), .key = shown->key_file()}}};
        return o;
    }

    notes seen{};
    running_server server;
};

anywire::client_options options_of(way const& w, std::string const& origin) {
    auto const* const path = w.dialect == client_dialect::websocket ? "/ws"
                             : w.dialect == client_dialect::sockjs  ? "/sockjs"
                                                                    : "/engine.io/";
    return {.url = origin + path,
            .dialect = w.dialect,
            .transports = w.transports,
            .revision = w.revision,
            .reconnect = {.delay = 10ms, .delay_max = 50ms},
            .network = {.proxy = "-"}};
}

/// Sends numbers, each when the one before has come back, and notes what comes of it.
struct counter {
    counter(client_context& on, anywire::client_options o)
        : context(on), client(std::make_unique<anywire::client>(on, std::move(o), handlers())) {}
    /// Where its handlers run, so that none of them does meanwhile.
    ~counter() {
        std::promise<void> done;
        context.post([&] {
            client.reset();
            done.set_value();
        });
        done.get_future().wait();
    }

    client_handlers handlers() {
        client_handlers h;
        h.on_open = [this](anywire::client& c) {
            next = 0;
            seen.add("open");
            send(c);
        };
        h.on_message = [this](anywire::client& c, message_view m) { take(c, m); };
        h.on_transport = [this](anywire::client& c) {
            seen.add("transport " + std::string(c.transport()));
        };
        h.on_close = [this](anywire::client&, close_event const& how) {
            seen.add("close " + std::string(to_string(how.reason)));
        };
        h.on_failure = [this](anywire::client&, client_failure const& why) {
            seen.add("failure " + why.text);
        };
        h.on_reconnecting = [this](anywire::client&, client_retry const&) { seen.add("again"); };
        h.on_end = [this](anywire::client&) { seen.add("end"); };
        return h;
    }
    void send(anywire::client& c) { (void)c.send(std::to_string(next)); }
    void take(anywire::client& c, message_view m) {
        if (m.data != std::to_string(next)) seen.add("wrong " + std::string(m.data));
        seen.add("number");
        if (next == 50) seen.add("all by " + std::string(c.transport()));
        ++next;
        send(c);
    }

    client_context& context;
    notes seen{};
    int next = 0;
    std::unique_ptr<anywire::client> client;
};

std::size_t count_of(std::vector<std::string> const& lines, std::string_view start) {
    return static_cast<std::size_t>(
        std::ranges::count_if(lines, [&](auto const& l) { return l.starts_with(start); }));
}

std::string shown(way const& w) {
    auto text = std::to_string(static_cast<int>(w.dialect)) + ' ' + std::to_string(w.revision);
    for (auto const& t : w.transports) text += ' ' + t;
    return text;
}

}  // namespace

TEST_CASE("a client talks to our server over each transport, and says goodbye") {
    echo_server server;
    client_context context;
    for (auto const& w : all_ways()) {
        INFO(shown(w));
        counter c(context,
                  options_of(w, "http://127.0.0.1:" + std::to_string(server.server.port())));
        c.client->connect();
        CHECK(c.seen.wait_for("all by " + w.carrier));
        auto const closed = server.seen.count("close client_closed");
        c.client->close();
        CHECK(c.seen.wait_for("end"));
        CHECK(c.seen.count("close client_closed") == 1);
        CHECK(c.seen.count("wrong") == 0);
        CHECK(c.seen.count("failure") == 0);
        auto const is_http = w.dialect == client_dialect::sockjs && !w.transports.empty();
        if (!is_http) CHECK(server.seen.wait_for("close client_closed", closed + 1));
    }
}

TEST_CASE("a client talks to our server over TLS") {
    certificate const own({.common_name = "localhost", .is_authority = true});
    echo_server server(&own);
    client_context context;
    for (auto const& w : all_ways()) {
        INFO(shown(w));
        auto o = options_of(w, "https://localhost:" + std::to_string(server.server.port(1)));
        o.network.tls.ca = own.certificate_file();
        counter c(context, o);
        c.client->connect();
        CHECK(c.seen.wait_for("all by " + w.carrier));
        CHECK(c.seen.count("wrong") == 0);
    }
}

TEST_CASE("a client talks to our server over IPv6, and where a name has both families") {
    if (!has_ipv6()) return;
    struct place {
        char const* listens_at;
        char const* host;
    };
    // addresses_test.cpp resolves these names; the first address of each refuses.
    auto const at = GENERATE(place{"::1", "[::1]"},
                             place{"127.0.0.1", "v6.then.127.0.0.1.test"},
                             place{"::1", "127.0.0.1.then.v6.test"});
    CAPTURE(at.host);
    certificate const own({.names = {"v6.then.127.0.0.1.test", "127.0.0.1.then.v6.test"},
                           .addresses = {"::1"},
                           .is_authority = true});
    echo_server server(&own, at.listens_at);
    client_context context;
    for (auto const& w : all_ways()) {
        for (std::size_t secure = 0; secure < 2; ++secure) {
            INFO(shown(w) << (secure ? " over TLS" : ""));
            auto o = options_of(w,
                                std::string(secure ? "https://" : "http://") + at.host + ':' +
                                    std::to_string(server.server.port(secure)));
            o.network.tls.ca = own.certificate_file();
            o.network.next_address = 1h;
            counter c(context, o);
            c.client->connect();
            CHECK(c.seen.wait_for("all by " + w.carrier));
            CHECK(c.seen.count("wrong") == 0);
            CHECK(c.seen.count("failure") == 0);
        }
    }
}

TEST_CASE("a client comes back after each cut, over each transport") {
    echo_server server;
    testing::fault_proxy proxy({.choose = testing::by_prefix({{"/", server.server.port(), true}})});
    client_context context;
    for (auto const& w : all_ways()) {
        INFO(shown(w));
        counter c(context, options_of(w, "http://127.0.0.1:" + std::to_string(proxy.port())));
        c.client->connect();
        REQUIRE(c.seen.wait_for("open"));
        for (std::size_t cuts = 1; cuts <= 5; ++cuts) {
            auto const opened = c.seen.count("open");
            // Between two polls there is nothing to cut: then it is tried again.
            for (auto goes_on = true; goes_on;) {
                auto const numbers = c.seen.count("number");
                REQUIRE(c.seen.wait_for("number", numbers + 10));
                proxy.cut();
                auto const is_over = [&](auto const& lines) {
                    return count_of(lines, "open") > opened ||
                           count_of(lines, "number") > numbers + 40;
                };
                REQUIRE(c.seen.wait_until(is_over));
                goes_on = c.seen.count("open") == opened;
            }
        }
        CHECK(c.seen.wait_for("all by " + w.carrier));
        CHECK(c.seen.count("wrong") == 0);
        CHECK(c.seen.count("close transport_lost") >= 5);
    }
}

TEST_CASE("a client gets through a proxy that refuses WebSockets or holds streams back") {
    echo_server server;
    testing::fault_proxy proxy({.choose = testing::by_prefix({{"/", server.server.port(), true}})});
    client_context context;
    auto const origin = "http://127.0.0.1:" + std::to_string(proxy.port());
    testing::fault_settings s;
    s.refuse_upgrades = 502;
    proxy.set(s);
    counter streaming(context, options_of({client_dialect::sockjs, {}, ""}, origin));
    streaming.client->connect();
    CHECK(streaming.seen.wait_for("all by xhr-streaming"));
    counter engineio(context,
                     options_of({client_dialect::engineio, {"websocket", "polling"}, ""}, origin));
    engineio.client->connect();
    CHECK(engineio.seen.wait_for("all by polling"));
    s.buffer_responses = true;
    proxy.set(s);
    counter polling(context, options_of({client_dialect::sockjs, {}, ""}, origin));
    polling.client->connect();
    CHECK(polling.seen.wait_for("all by xhr-polling"));
}

TEST_CASE("what is sent before a session is there waits for it, from any thread") {
    echo_server server;
    client_context context;
    anywire::client c(
        context,
        options_of(all_ways().front(), "http://127.0.0.1:" + std::to_string(server.server.port())),
        {});
    for (int i = 0; i < 10; ++i) CHECK(c.send(std::to_string(i)));
    c.connect();
    CHECK(server.seen.wait_for("message 9"));
    std::vector<std::string> want{"open"};
    for (int i = 0; i < 10; ++i) want.push_back("message " + std::to_string(i));
    CHECK(server.seen.all() == want);
}

TEST_CASE("a server that is not there is a failure, and attempts end") {
    client_context context;
    auto o = options_of(all_ways().front(), "http://127.0.0.1:1");
    o.reconnect.attempts = 2;
    counter c(context, o);
    c.client->connect();
    CHECK(c.seen.wait_for("end"));
    CHECK(c.seen.count("failure") == 3);
    CHECK(c.seen.count("again") == 2);
}

TEST_CASE("options that are not valid throw one sentence") {
    client_context context;
    auto const make = [&](anywire::client_options o) {
        anywire::client c(context, std::move(o), {});
    };
    CHECK_THROWS_WITH(make({.url = "example.com"}), Catch::Contains("client_options::url"));
    CHECK_THROWS_AS(make({.url = "ws://a", .network = {.proxy = "gopher://x"}}),
                    std::invalid_argument);
}

TEST_CASE("a handler that throws costs the session, and the client comes back") {
    echo_server server;
    client_context context;
    notes seen;
    int opened = 0;
    anywire::client c(
        context,
        options_of(all_ways().front(), "http://127.0.0.1:" + std::to_string(server.server.port())),
        {.on_open =
             [&](anywire::client&) {
                 seen.add("open");
                 if (++opened == 1) throw std::runtime_error("mine");
             },
         .on_close =
             [&](anywire::client&, close_event const& how) {
                 seen.add("close " + std::string(to_string(how.reason)));
             }});
    c.connect();
    CHECK(seen.wait_for("open", 2));
    CHECK(seen.count("close handler_failed") == 1);
}

TEST_CASE("a client may be destroyed anywhere: in its handler, on another thread, at once") {
    echo_server server;
    auto const origin = "http://127.0.0.1:" + std::to_string(server.server.port());
    for (auto const& w : all_ways()) {
        INFO(shown(w));
        notes seen;
        client_context context;
        std::unique_ptr<anywire::client> c;
        c = std::make_unique<anywire::client>(
            context,
            options_of(w, origin),
            client_handlers{.on_open = [](anywire::client& self) { (void)self.send("x"); },
                            .on_message = [&](anywire::client&,
                                              message_view) { c.reset(), seen.add("gone"); }});
        c->connect();
        CHECK(seen.wait_for("gone"));
        auto const heard = std::make_shared<notes>();
        auto const connect = [&] {
            auto made = std::make_unique<anywire::client>(
                context,
                options_of(w, origin),
                client_handlers{.on_open = [heard](anywire::client&) { heard->add("open"); }});
            made->connect();
            return made;
        };
        auto const elsewhere = connect();
        CHECK(heard->wait_for("open"));
        auto const at_once = connect();
    }
}

TEST_CASE("clients run on an executor of the program's, and their timers with them") {
    echo_server server;
    boost::asio::io_context io;
    client_context context{executors(io.get_executor())};
    notes seen;
    anywire::client c(
        context,
        options_of(all_ways()[5], "http://127.0.0.1:" + std::to_string(server.server.port())),
        {.on_transport =
             [&](anywire::client& self) {
                 seen.add("transport");
                 self.after(50ms, [&](anywire::client& later) {
                     seen.add("later");
                     later.close();
                 });
             },
         .on_end = [&](anywire::client&) { io.stop(); }});
    c.connect();
    io.run_for(patience);
    CHECK(seen.all() == std::vector<std::string>{"transport", "later"});
}

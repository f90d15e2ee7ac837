// The public Socket.IO client against servers of this library, over real connections.
#include <anywire/coro.hpp>
#include <anywire/fault_proxy.hpp>
#include <anywire/socketio.hpp>
#include <anywire/socketio_client.hpp>

#include "support/certificate.hpp"
#include "support/ipv6.hpp"
#include "support/running_server.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <deque>
#include <future>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
namespace sio = anywire::socketio;
using bytes = std::vector<std::byte>;
using strings = std::vector<std::string>;

namespace {

sio::options for_tests(bool with_eio3 = false) {
    sio::options o;
    o.engine.eio3 = with_eio3;
    o.recovery.enabled = true;
    return o;
}

/// A server, and what both sides have noted.
struct tested {
    explicit tested(sio::options o = for_tests(), server_options with = on_free_port())
        : io(std::move(o)),
          server(std::move(with), [this](anywire::server& s) { s.mount("/socket.io/", io); }) {
        io.on("add", [](int a, int b, sio::ack<int> done) { done(a + b); });
        io.on("bytes", [](bytes raw, sio::ack<bytes> done) { done(raw); });
        io.on("who am I", [](sio::socket& s, sio::ack<std::string> done) {
            done(std::string(s.request().header("x-who")));
        });
        io.on("ask me", [](sio::socket& s) { s.emit("tell", [&s](int n) { s.emit("told", n); }); });
        io.on("go away", [](sio::socket& s) { s.disconnect(true); });
        io.of("/admin").use([](sio::socket& s, sio::next go_on) {
            if (s.auth().find("token")) return go_on();
            go_on(
                {.message = "who are you?", .data = sio::to_json(sio::json_object{{"code", 401}})});
        });
        io.on_connection([this](sio::socket& s) {
            seen.add("in " + std::string(s.transport()));
            s.on_disconnect([this](sio::disconnect_reason why) {
                seen.add("out " + std::string(to_string(why)));
            });
        });
    }

    notes seen{};
    sio::server io;
    running_server server;

    sio::client_options options(std::uint16_t port = 0) const {
        sio::client_options o;
        o.url = "http://127.0.0.1:" + std::to_string(port != 0 ? port : server.port());
        o.engine.reconnect.delay = 20ms;
        o.engine.reconnect.delay_max = 100ms;
        return o;
    }
};

void note_all(sio::client_socket& s, notes& seen) {
    s.on_connect([&] { seen.add(s.recovered() ? "recovered" : "connect"); });
    s.on_connect_error([&](sio::connect_error const& why) {
        seen.add("error " + why.message +
                 (why.data ? " " + std::string(why.data->view().text()) : ""));
    });
    s.on_disconnect([&](sio::client_disconnect_reason why) {
        seen.add("disconnect " + std::string(to_string(why)));
    });
}

/// The transports that a client may be told to use.
std::vector<strings> const all_transports{{}, {"websocket"}, {"polling"}, {"websocket", "polling"}};

}  // namespace

TEST_CASE("a client speaks with a server over each transport") {
    auto const transports = GENERATE(from_range(all_transports));
    auto const revision = GENERATE(4u, 3u);
    tested t(for_tests(true));
    notes seen;
    client_context context;
    auto o = t.options();
    o.engine.transports = transports;
    o.engine.revision = revision;
    sio::client io(context, o);
    auto& s = io.socket();
    note_all(s, seen);
    s.on("tell", [](sio::ack<int> done) { done(7); });
    s.on("told", [&](int n) { seen.add("told " + std::to_string(n)); });
    s.emit("add", 1, 2, [&](int n) { seen.add("sum " + std::to_string(n)); });
    s.connect();
    REQUIRE(seen.wait_for("connect"));
    REQUIRE(seen.wait_for("sum 3"));
    bytes const sent(100'000, std::byte{0xfe});
    s.emit("bytes", sent, [&](bytes const& raw) { seen.add(raw == sent ? "same" : "other"); });
    REQUIRE(seen.wait_for("same"));
    s.emit("ask me");
    REQUIRE(seen.wait_for("told 7"));
    auto& admin = io.socket("/admin");
    note_all(admin, seen);
    admin.connect();
    // Protocol 4 tells the data instead of the message.
    REQUIRE(seen.wait_for(revision == 3 ? R"(error  {"code":401})"
                                        : R"(error who are you? {"code":401})"));
    admin.set_auth({{"token", "x"}});
    admin.connect();
    REQUIRE(seen.wait_for("connect", 2));
    s.emit("go away");
    REQUIRE(seen.wait_for("disconnect io server disconnect"));
    REQUIRE(t.seen.wait_for("out"));
}

TEST_CASE("a client speaks with a server over IPv6, plain and over TLS") {
    if (!has_ipv6()) return;
    auto const transports = GENERATE(from_range(all_transports));
    certificate const own({.addresses = {"::1"}, .is_authority = true});
    tested t(for_tests(),
             {.address = "::1",
              .port = 0,
              .listeners = {{.address = "::1", .port = 0, .tls = own.options()}}});
    for (std::size_t secure = 0; secure < 2; ++secure) {
        CAPTURE(secure);
        notes seen;
        client_context context;
        auto o = t.options();
        o.url =
            (secure ? "https://[::1]:" : "http://[::1]:") + std::to_string(t.server.port(secure));
        o.engine.transports = transports;
        o.engine.network.tls.ca = own.certificate_file();
        sio::client io(context, o);
        auto& s = io.socket();
        note_all(s, seen);
        s.connect();
        for (int n = 0; n < 50; ++n)
            s.emit("add", n, 0, [&seen](int sum) { seen.add("sum " + std::to_string(sum)); });
        REQUIRE(seen.wait_for("sum 49"));
        CHECK(seen.count("sum") == 50);
    }
}

TEST_CASE("a client closes in order, and may open again") {
    tested t;
    notes seen;
    client_context context;
    sio::client io(context, t.options());
    auto& s = io.socket();
    note_all(s, seen);
    io.connect();
    REQUIRE(seen.wait_for("connect"));
    io.close();
    REQUIRE(seen.wait_for("disconnect io client disconnect"));
    REQUIRE(t.seen.wait_for("out client namespace disconnect"));
    REQUIRE(eventually([&] { return t.io.connection_count() == 0; }));
    io.connect();
    REQUIRE(seen.wait_for("connect", 2));
}

TEST_CASE("a client comes back, recovers, and loses nothing that it repeats") {
    tested t;
    testing::fault_proxy proxy({.choose = testing::by_prefix({{"/", t.server.port(), true}})});
    notes seen;
    std::vector<int> got;
    std::set<int> arrived;
    std::promise<void> all_there;
    t.io.on("n", [&](int n, sio::ack<> done) {
        arrived.insert(n);
        done();
    });
    client_context context;
    auto o = t.options(proxy.port());
    o.engine.transports = GENERATE(strings{"websocket"}, strings{"polling"}, strings{});
    sio::client io(context, o);
    auto& s = io.socket("/", {.retries = 1'000, .ack_timeout = 500ms});
    note_all(s, seen);
    s.on("count", [&](int n) {
        got.push_back(n);
        if (n == 199) seen.add("counted");
    });
    s.connect();
    REQUIRE(seen.wait_for("connect"));
    t.io.emit("count", -1);
    proxy.set({.cut_every = 60ms});
    for (int n = 0; n < 200; ++n) {
        t.io.emit("count", n);
        s.emit("n", n, [&, n](error_code error) {
            if (n == 199 && !error) seen.add("sent");
        });
        if (n % 50 == 0) REQUIRE(seen.wait_for("disconnect", static_cast<std::size_t>(n) / 50 + 1));
    }
    proxy.set({});
    REQUIRE(seen.wait_for("sent"));
    REQUIRE(seen.wait_for("counted"));
    REQUIRE(seen.count("connect") == 1);
    REQUIRE(seen.count("recovered") > 0);
    std::promise<void> over;
    context.post([&] { over.set_value(); });
    over.get_future().wait();
    REQUIRE(arrived.size() == 200);
    REQUIRE(got.size() == 201);
    REQUIRE(std::is_sorted(got.begin(), got.end()));
}

TEST_CASE("a server that is not there is told of, again and again") {
    notes seen;
    client_context context;
    sio::client_options o;
    o.url = "http://127.0.0.1:1";
    o.engine.reconnect = {.attempts = 2, .delay = 10ms, .delay_max = 10ms};
    sio::client io(context, o);
    auto& s = io.socket();
    note_all(s, seen);
    io.on_failure([&](client_failure const& why) {
        seen.add("failure " + std::string(to_string(why.stage)));
    });
    io.on_reconnecting(
        [&](client_retry const& next) { seen.add("again " + std::to_string(next.attempt)); });
    io.on_reconnect_failed([&] { seen.add("given up"); });
    s.connect();
    REQUIRE(seen.wait_for("given up"));
    REQUIRE(seen.count("error") == 3);
    REQUIRE(seen.count("failure connect") == 3);
    REQUIRE(seen.count("again") == 2);
    REQUIRE(s.is_active());
    s.connect();
    REQUIRE(seen.wait_for("given up", 2));
}

TEST_CASE("a client may go at any time") {
    tested t;
    notes seen;
    client_context context;
    auto o = t.options();
    // A server would hear of an end between two polls only when its ping is not answered.
    o.engine.transports = {"websocket"};
    auto io = std::make_unique<sio::client>(context, o);
    auto& s = io->socket();
    note_all(s, seen);
    SECTION("before it has connected") {
        io->connect();
    }
    SECTION("while it is connected") {
        io->connect();
        REQUIRE(seen.wait_for("connect"));
    }
    SECTION("in a handler of its own") {
        s.on("told", [&](int) {
            io.reset();
            seen.add("gone");
        });
        s.on("tell", [](sio::ack<int> done) { done(1); });
        s.emit("ask me");
        s.connect();
        REQUIRE(seen.wait_for("gone"));
    }
    io.reset();
    REQUIRE(eventually([&] { return t.io.connection_count() == 0; }));
    REQUIRE(seen.count("disconnect") == 0);
}

TEST_CASE("coroutines run on the client's context") {
    tested t;
    notes seen;
    client_context context;
    sio::client io(context, t.options());
    auto& s = io.socket();
    s.on_connect([&]() -> task<> {
        auto const sum = co_await s.timeout(5s).async_emit<int>("add", 20, 22);
        seen.add(context.is_here() && sum ? "sum " + std::to_string(*sum) : "wrong");
    });
    s.connect();
    REQUIRE(seen.wait_for("sum 42"));
}

TEST_CASE("clients of one profile share options, and each has what is its own") {
    tested t;
    notes seen;
    client_context context;
    std::deque<sio::client> clients;
    {
        sio::client_profile const profile(t.options());
        REQUIRE(profile.options().url == t.options().url);
        for (auto const* const who : {"ann", "bob"})
            clients.emplace_back(context, profile, client_particulars{.headers = {{"X-Who", who}}});
    }
    for (auto& io : clients) {
        io.socket().emit("who am I", [&](std::string const& name) { seen.add(name); });
        io.connect();
    }
    REQUIRE(seen.wait_for("ann"));
    REQUIRE(seen.wait_for("bob"));
}

TEST_CASE("options that are not valid are said at once") {
    client_context context;
    REQUIRE_THROWS_AS(sio::client(context, {.url = "ftp://a"}), std::invalid_argument);
    REQUIRE_THROWS_AS(sio::client(context, {.url = "http://a", .engine = {.transports = {"x"}}}),
                      std::invalid_argument);
    REQUIRE_THROWS_AS(sio::client_profile({.url = "ftp://a"}), std::invalid_argument);
    REQUIRE_THROWS_AS(sio::client_profile({.url = "http://a", .max_depth = 0}),
                      std::invalid_argument);
    sio::client_profile const profile({.url = "http://a"});
    REQUIRE_THROWS_AS(sio::client(context, profile, {.target = "/b"}), std::invalid_argument);
}

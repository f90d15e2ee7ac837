// What a service counts, without sockets and in time that is told.

#include <anywire/test.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace anywire;
using namespace std::chrono_literals;
using strings = std::vector<std::string>;

namespace {

handlers echo() {
    return {.on_message = [](session& s, message_view m) { s.send(m); }};
}

mount_numbers of(service const& host, std::string const& path) {
    for (auto& m : host.snapshot().mounts)
        if (m.path == path) return m;
    throw std::logic_error("no mount " + path);
}

traffic_numbers of(mount_numbers const& m, std::string const& transport) {
    for (auto const& t : m.traffic)
        if (t.transport == transport) return t;
    return {};
}

template <class Name, class Counts>
std::uint64_t count(Counts const& all, Name which) {
    for (auto const& [name, n] : all)
        if (name == which) return n;
    return ~std::uint64_t{0};
}

template <class Counts>
std::uint64_t sum(Counts const& all) {
    std::uint64_t n = 0;
    for (auto const& one : all) n += one.second;
    return n;
}

/// Opens an Engine.IO session on polling: its sid.
std::string open_polling(testing::host& host) {
    auto const body = host.get("/engine.io/?EIO=4&transport=polling").body();
    auto const at = body.find("\"sid\":\"") + 7;
    return body.substr(at, body.find('"', at) - at);
}

void require_sums(mount_numbers const& m) {
    INFO(m.path);
    CHECK(m.opened == m.sessions + sum(m.closed));
    std::uint64_t by_traffic = 0;
    for (auto const& t : m.traffic) by_traffic += t.sessions;
    CHECK(by_traffic == m.sessions);
}

}  // namespace

TEST_CASE("sessions, messages and bytes are counted by dialect, transport and direction") {
    testing::host host;
    host.mount("/ws", websocket_options{}, echo());
    host.mount("/sockjs", sockjs_options{}, echo());
    host.mount("/engine.io", engineio_options{}, echo());
    auto ws = host.connect("/ws");
    auto sockjs = host.connect("/sockjs", testing::dialect::sockjs);
    auto eio = host.connect("/engine.io", testing::dialect::engineio);
    ws.send("hello");
    ws.send("you");
    sockjs.send("hello");
    eio.send("hello");

    auto const plain = of(of(host, "/ws"), "websocket");
    CHECK(plain.dialect == "websocket");
    CHECK(plain.sessions == 1);
    CHECK(plain.carriers == 1);
    CHECK_FALSE(plain.is_polling);
    CHECK(std::pair(plain.messages_in, plain.bytes_in) ==
          std::pair<std::uint64_t, std::uint64_t>(2, 8));
    CHECK(std::pair(plain.messages_out, plain.bytes_out) ==
          std::pair<std::uint64_t, std::uint64_t>(2, 8));
    auto const quoted = of(of(host, "/sockjs"), "websocket");
    CHECK(quoted.dialect == "sockjs");
    CHECK(quoted.bytes_in == 5);
    CHECK(quoted.bytes_out == std::string_view(R"(a["hello"])").size());
    auto const typed = of(of(host, "/engine.io"), "websocket");
    CHECK(typed.dialect == "engineio");
    CHECK(typed.messages_out == 1);
    CHECK(typed.bytes_out == std::string_view("4hello").size());

    ws.close();
    sockjs.cut();
    host.advance(1min);
    auto const all = host.snapshot();
    for (auto const& m : all.mounts) require_sums(m);
    CHECK(count(of(host, "/ws").closed, close_reason::client_closed) == 1);
    CHECK(count(of(host, "/sockjs").closed, close_reason::transport_lost) == 1);
    CHECK(of(of(host, "/ws"), "websocket").carriers == 0);
    CHECK(of(host, "/engine.io").sessions == 1);
    CHECK(all.shards.at(0).sessions == 1);
    CHECK(all.handshakes == 3);
    CHECK(all.requests == 3);
}

TEST_CASE("a poll counts while it waits, and a session by the last transport it had") {
    testing::host host;
    host.mount("/sockjs", sockjs_options{}, echo());
    CHECK(host.post("/sockjs/000/a/xhr").body() == "o\n");
    CHECK(of(host, "/sockjs").polls_waiting == 0);
    CHECK(of(of(host, "/sockjs"), "xhr-polling").sessions == 1);
    auto poll = host.post("/sockjs/000/a/xhr");
    CHECK(of(host, "/sockjs").polls_waiting == 1);
    CHECK(host.post("/sockjs/000/a/xhr_send", R"(["x","y"])").status() == 204);
    CHECK(poll.is_complete());
    auto const polled = of(of(host, "/sockjs"), "xhr-polling");
    CHECK(polled.messages_in == 2);
    CHECK(polled.messages_out == 2);
    CHECK(polled.is_polling);
    CHECK(of(host, "/sockjs").polls_waiting == 0);

    auto stream = host.post("/sockjs/000/a/xhr_streaming");
    CHECK(of(of(host, "/sockjs"), "xhr-polling").sessions == 0);
    CHECK(of(of(host, "/sockjs"), "xhr-streaming").sessions == 1);
    CHECK(of(of(host, "/sockjs"), "xhr-streaming").carriers == 1);
    CHECK(of(host, "/sockjs").polls_waiting == 0);
    stream.cut();
    host.advance(1min);
    require_sums(of(host, "/sockjs"));
    CHECK(of(host, "/sockjs").sessions == 0);
    CHECK(of(of(host, "/sockjs"), "xhr-streaming").carriers == 0);
}

TEST_CASE("old clients of Engine.IO are a dialect of their own") {
    testing::host host;
    host.mount("/engine.io", engineio_options{.eio3 = true}, echo());
    CHECK(host.get("/engine.io/?EIO=3&transport=polling").status() == 200);
    auto const old = of(of(host, "/engine.io"), "polling");
    CHECK(old.dialect == "engineio3");
    CHECK(old.sessions == 1);
}

TEST_CASE("refusals are counted by their cause") {
    testing::host host;
    websocket_options few;
    few.limits.max_sessions = 1;
    host.mount("/ws", few, echo());
    host.mount("/engine.io", engineio_options{}, echo());
    auto first = host.connect("/ws");
    CHECK(host.connect("/ws").refused_with() == 503);
    CHECK(host.connect("/ws", testing::dialect::websocket, {{"Origin", "http://evil.example"}})
              .refused_with() == 403);
    CHECK(host.get("/ws").status() == 400);
    CHECK(host.get("/engine.io/?EIO=4&transport=polling&sid=nobody").status() == 400);
    CHECK(host.get("/engine.io/?EIO=3&transport=polling").status() == 400);
    CHECK(host.get("/engine.io/?EIO=4&transport=carrier").status() == 400);
    auto const ws = of(host, "/ws");
    CHECK(count(ws.refused, refusal_cause::max_sessions) == 1);
    CHECK(count(ws.refused, refusal_cause::origin) == 1);
    CHECK(count(ws.refused, refusal_cause::bad_handshake) == 1);
    CHECK(sum(ws.refused) == 3);
    auto const eio = of(host, "/engine.io");
    CHECK(count(eio.refused, refusal_cause::unknown_sid) == 1);
    CHECK(count(eio.refused, refusal_cause::unsupported_version) == 1);
    CHECK(count(eio.refused, refusal_cause::unknown_transport) == 1);
    CHECK(sum(eio.refused) == 3);
}

TEST_CASE("what authorize says, throws or does not say is three causes") {
    std::vector<decision> undecided;
    auto app = echo();
    app.authorize = [&](request const& r, decision d) {
        if (r.query() == "throw") throw std::runtime_error("no");
        if (r.query() == "wait") return undecided.push_back(d);
        d.refuse(401, "no");
    };
    testing::host host;
    host.mount("/ws", websocket_options{}, app);
    CHECK(host.connect("/ws?no").refused_with() == 401);
    CHECK(host.connect("/ws?throw").refused_with() == 500);
    auto const late = host.connect("/ws?wait");
    host.advance(1min);
    CHECK(late.refused_with() == 503);
    auto const left = host.connect("/ws?wait");  // goes before it is decided on: no refusal
    (void)left;
    auto const ws = of(host, "/ws");
    CHECK(count(ws.refused, refusal_cause::authorize) == 1);
    CHECK(count(ws.refused, refusal_cause::authorize_failed) == 1);
    CHECK(count(ws.refused, refusal_cause::authorize_timeout) == 1);
    CHECK(sum(ws.refused) == 3);
    CHECK(ws.opened == 0);
}

TEST_CASE("a client that does not read shows in what waits, and in what is dropped") {
    websocket_options options;
    options.limits.max_queued_bytes = 4096;
    options.limits.max_burst_bytes = 4096;
    options.limits.overflow = overflow_policy::drop_oldest;
    testing::host host;
    host.mount("/ws", options, echo());
    auto slow = host.connect("/ws");
    slow.stop_reading();
    CHECK(of(host, "/ws").queued_bytes == 0);
    for (int i = 0; i < 100; ++i) slow.send(std::string(1000, 'x'));
    CHECK(of(host, "/ws").queued_bytes > 3000);
    CHECK(of(host, "/ws").queued_bytes < 6000);
    auto const dropped = of(host, "/ws").dropped;
    CHECK(dropped > 90);
    slow.read_on();
    CHECK(of(host, "/ws").queued_bytes == 0);
    CHECK(of(of(host, "/ws"), "websocket").messages_out == 100 - dropped);
    slow.stop_reading();
    slow.send(std::string(1000, 'x'));
    CHECK(of(host, "/ws").queued_bytes >= 1000);
    slow.cut();
    host.settle();
    CHECK(of(host, "/ws").queued_bytes == 0);
}

TEST_CASE("an upgrade is tried, and done or failed") {
    testing::host host;
    host.mount("/engine.io", engineio_options{}, echo());
    auto const sid = open_polling(host);
    auto const target = "/engine.io/?EIO=4&transport=websocket&sid=" + sid;
    auto lost = host.connect(target);
    CHECK(of(host, "/engine.io").upgrades_tried == 1);
    lost.cut();
    CHECK(of(host, "/engine.io").upgrades_failed == 1);
    auto kept = host.connect(target);
    kept.send("2probe");
    CHECK(kept.take() == strings{"3probe"});
    auto second = host.connect(target);  // one at a time
    CHECK(of(host, "/engine.io").upgrades_failed == 2);
    CHECK(of(of(host, "/engine.io"), "polling").sessions == 1);
    kept.send("5");
    auto const m = of(host, "/engine.io");
    CHECK(m.upgrades_tried == 3);
    CHECK(m.upgrades_done == 1);
    CHECK(m.upgrades_failed == 2);
    CHECK(of(m, "polling").sessions == 0);
    CHECK(of(m, "websocket").sessions == 1);
    require_sums(m);
}

TEST_CASE("handlers are timed in a sample of the events") {
    testing::host host;
    host.mount("/ws", websocket_options{}, echo());
    auto client = host.connect("/ws");
    for (int i = 0; i < 1700; ++i) client.send("x");
    auto const n = of(host, "/ws").handler_time.count();
    CHECK(n >= 90);
    CHECK(n <= 220);
    host.advance(1h);
    CHECK(host.snapshot().shards.at(0).loop_delay.count() > 0);
}

TEST_CASE("numbers are served in the format that is asked for, to whom may read them") {
    testing::host host;
    host.mount("/ws", websocket_options{}, echo());
    host.mount_metrics("/metrics", {.allow = [](request const& r) {
                           if (r.header("x-token") == "bad") throw std::runtime_error("bad");
                           return r.header("x-token") == "good";
                       }});
    auto client = host.connect("/ws");
    http_field const good{"X-Token", "good"};
    CHECK(host.get("/metrics").status() == 403);
    CHECK(host.get("/metrics", {{"X-Token", "bad"}}).status() == 403);
    auto const text = host.get("/metrics", {good});
    CHECK(text.status() == 200);
    CHECK(text.header("content-type") == "text/plain; version=0.0.4; charset=utf-8");
    CHECK(text.header("cache-control") == "no-store");
    CHECK(text.body().find("anywire_sessions{mount=\"/ws\",dialect=\"websocket\","
                           "transport=\"websocket\"} 1\n") != std::string::npos);
    auto const open =
        host.get("/metrics", {good, {"Accept", "application/openmetrics-text;version=1.0.0"}});
    CHECK(open.header("content-type") ==
          "application/openmetrics-text; version=1.0.0; charset=utf-8");
    CHECK(open.body().ends_with("# EOF\n"));
    auto const json = host.get("/metrics?format=json", {good});
    CHECK(json.header("content-type") == "application/json");
    CHECK(json.body().starts_with("{\"connections\":"));
    CHECK(host.get("/metrics?format=xml", {good}).status() == 400);
    CHECK(host.request("OPTIONS", "/metrics", {}, {good}).status() == 204);
    CHECK(host.post("/metrics", {}, {good}).status() == 405);
    CHECK(host.get("/metrics/more", {good}).status() == 404);
}

TEST_CASE("a service is healthy until it drains, and says so without a session") {
    auto ready = true;
    service_options options;
    options.hosts = {"chat.example"};
    testing::host host(options);
    host.mount("/ws", websocket_options{}, echo());
    host.mount_health("/", {.is_ready = [&] {
                          if (!ready) throw std::runtime_error("the database is away");
                          return ready;
                      }});
    for (auto const* method : {"GET", "HEAD", "OPTIONS"})
        for (auto const* path : {"/", "/ready", "/live"})
            CHECK(host.request(method, path).status() == 200);
    CHECK(host.get("/").body() == "ok\n");
    CHECK(host.request("OPTIONS", "/").header("allow") == "GET, HEAD, OPTIONS");
    CHECK(host.post("/").status() == 405);
    CHECK(host.get("/other").status() == 404);
    CHECK(host.get("/ws").status() == 421);  // only health is served under any name
    ready = false;
    CHECK(host.get("/").status() == 503);
    CHECK(host.get("/ready").body() == "not ready\n");
    CHECK(host.get("/live").status() == 200);
    ready = true;
    auto client = host.connect("/ws", testing::dialect::websocket, {{"Host", "chat.example"}});
    client.stop_reading();  // what it has not read keeps its session, and so the drain
    client.send("x");
    host.drain(10s);
    CHECK(host.request("OPTIONS", "/").status() == 503);
    CHECK(host.get("/").body() == "draining\n");
    CHECK(host.get("/live").status() == 200);
    CHECK(host.snapshot().is_draining);
    CHECK(of(host, "/ws").opened <= 1);
}

TEST_CASE("a path is taken once, and may be taken late") {
    testing::host host;
    host.mount_metrics("/metrics");
    CHECK_THROWS_AS(host.mount_metrics("/metrics/"), std::invalid_argument);
    CHECK_THROWS_AS(host.mount_health("/metrics"), std::invalid_argument);
    CHECK_THROWS_AS(host.mount_health("health"), std::invalid_argument);
    CHECK(host.get("/metrics").status() == 200);
    host.mount_health("/health");
    host.mount_metrics("/numbers");
    host.settle();
    CHECK(host.get("/health").status() == 200);
    CHECK(host.get("/numbers").status() == 200);
    CHECK_THROWS_AS(host.mount_health("/numbers"), std::invalid_argument);
}

TEST_CASE("numbers of others are in each snapshot, those of one name together") {
    testing::host host;
    std::uint64_t rooms = 1;
    host.add_numbers([&](number_families& to) {
        to.push_back({.name = "rooms", .help = "Rooms.", .samples = {{rooms, {{"of", "a"}}}}});
    });
    host.add_numbers([](number_families& to) {
        to.push_back({.name = "lost"});
        throw std::runtime_error("no");
    });
    host.add_numbers([](number_families& to) {
        to.push_back({.name = "rooms", .help = "Others.", .samples = {{7, {{"of", "b"}}}}});
        to.push_back({.name = "users", .help = "Users.", .samples = {{3}}});
    });
    rooms = 2;
    auto const all = host.snapshot().more;
    REQUIRE(all.size() == 2);
    CHECK(all[0].name == "rooms");
    CHECK(all[0].help == "Rooms.");
    REQUIRE(all[0].samples.size() == 2);
    CHECK(all[0].samples[0].value == 2);
    CHECK(all[0].samples[1].value == 7);
    CHECK(all[1].name == "users");
    CHECK_THROWS_AS(host.add_numbers({}), std::invalid_argument);

    host.mount_metrics("/metrics");
    CHECK(host.get("/metrics").body().find("\nrooms{of=\"b\"} 7\n") != std::string::npos);
}

#include <anywire/test.hpp>

#include "support/fake_exchange.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

namespace {

/// An exchange of a host that has no WebSockets.
class polling_exchange final : public exchange {
public:
    std::string body{};
    unsigned status = 0;

    void listen(exchange_events*, bool) noexcept override {}
    void limit_stall(std::chrono::milliseconds) noexcept override {}
    void set_page_fields(std::string) override {}
    bool respond(answer const& a) override {
        status = a.status;
        body = a.body;
        return true;
    }
    void begin_stream(answer const&) override {}
    bool write_stream(std::span<std::string_view const>) override { return true; }
    bool end_stream(std::span<std::string_view const>) override { return true; }
    std::size_t unsent() const noexcept override { return 0; }
    void upgrade(websocket_upgrade) override { status = 501; }
    bool can_upgrade() const noexcept override { return false; }
    bool is_client_gone() const noexcept override { return false; }
    void abort() noexcept override {}
};

/// A WebSocket that a host has opened already.
class open_transport final : public transport {
public:
    bool closed = false;

    carrier shape() const noexcept override { return carrier::duplex; }
    std::string_view name() const noexcept override { return "test"; }
    write_result write(std::span<frame* const> batch) override { return {batch.size()}; }
    void close(close_code, std::string_view) noexcept override { closed = true; }
    void abort() noexcept override { closed = true; }
    std::size_t pending_bytes() const noexcept override { return 0; }
    void pause_reading(bool) override {}
};

/// An exchange that makes its WebSockets later.
class late_exchange final : public exchange {
public:
    websocket_upgrade upgraded{};

    void listen(exchange_events*, bool) noexcept override {}
    void limit_stall(std::chrono::milliseconds) noexcept override {}
    void set_page_fields(std::string) override {}
    bool respond(answer const&) override { return true; }
    void begin_stream(answer const&) override {}
    bool write_stream(std::span<std::string_view const>) override { return true; }
    bool end_stream(std::span<std::string_view const>) override { return true; }
    std::size_t unsent() const noexcept override { return 0; }
    void upgrade(websocket_upgrade to) override { upgraded = std::move(to); }
    bool checks_handshake() const noexcept override { return true; }
    bool is_client_gone() const noexcept override { return false; }
    void abort() noexcept override {}
};

void ask(testing::host& host, std::string_view target, exchange& to) {
    std::vector<http_field> const all{{"Host", "localhost"}};
    host.serve({.method = "GET", .target = target, .fields = all, .remote_address = "10.0.0.1"},
               to);
}

}  // namespace

TEST_CASE("requests that a host brings count as waiting, and are let go of when they are over") {
    testing::host host({.limits = {.max_parked_requests = 2}});
    host.mount("/echo", sockjs_options{}, {});
    for (auto const* id : {"a", "b", "c"})
        CHECK(host.post(std::string("/echo/000/") + id + "/xhr").body() == "o\n");
    auto first = host.post("/echo/000/a/xhr");
    auto const second = host.post("/echo/000/b/xhr");
    CHECK_FALSE(first.has_begun());
    CHECK_FALSE(second.has_begun());
    CHECK(host.post("/echo/000/c/xhr").status() == 503);
    first.cut();
    auto const third = host.post("/echo/000/c/xhr");
    CHECK_FALSE(third.has_begun());
    host.advance(26s);
    CHECK(second.body() == "h\n");
    CHECK(third.body() == "h\n");
    CHECK_FALSE(host.post("/echo/000/b/xhr").has_begun());
    CHECK_FALSE(host.post("/echo/000/c/xhr").has_begun());
    CHECK(host.post("/echo/000/d/xhr").status() == 503);
}

TEST_CASE("sessions that a host brings count for their addresses") {
    fake_exchange other;
    testing::host host({.limits = {.max_sessions_per_address = 1}});
    host.mount("/echo", sockjs_options{}, {});
    CHECK(host.post("/echo/000/a/xhr").status() == 200);
    auto const refused = host.post("/echo/000/b/xhr");
    CHECK(refused.status() == 429);
    CHECK(refused.header("x-content-type-options") == "nosniff");
    ask(host, "/echo/000/c/eventsource", other);
    CHECK(other.streaming);
    host.advance(6s);
    CHECK(host.post("/echo/000/b/xhr").status() == 200);
}

TEST_CASE("an error says nosniff to the clients of a host, and a page does not") {
    testing::host host;
    host.mount("/echo", sockjs_options{}, {});
    CHECK(host.get("/echo/nothing").header("x-content-type-options") == "nosniff");
    CHECK(host.get("/elsewhere").header("x-content-type-options") == "nosniff");
    CHECK(host.get("/echo").header("x-content-type-options").empty());
}

TEST_CASE("clients of a host without WebSockets are told so before they try") {
    testing::host host;
    host.mount("/echo", sockjs_options{}, {});
    host.mount("/engine.io", engineio_options{}, {});
    host.mount("/ws", websocket_options{}, {});
    polling_exchange info;
    ask(host, "/echo/info", info);
    CHECK(info.body.find(R"("websocket":false)") != std::string::npos);
    polling_exchange handshake;
    ask(host, "/engine.io/?EIO=4&transport=polling", handshake);
    CHECK(handshake.body.find(R"("upgrades":[])") != std::string::npos);
    polling_exchange socket;
    ask(host, "/ws", socket);
    CHECK(socket.status == 501);
    for (auto const& m : host.snapshot().mounts)
        for (auto const& [why, n] : m.refused)
            CHECK(n == (m.path == "/ws" && why == refusal_cause::cannot_upgrade ? 1 : 0));
    CHECK(host.get("/echo/info").body().find(R"("websocket":true)") != std::string::npos);
}

TEST_CASE("a request that is served by something that throws is answered all the same") {
    testing::host host;
    host.mount("/ws", websocket_options{}, {.authorize = [](request const&, decision) {
                   throw std::runtime_error("on purpose");
               }});
    open_transport carrier;
    auto heard = 0;
    std::vector<http_field> const all{{"Host", "localhost"}};
    host.open(
        {.method = "GET", .target = "/ws", .fields = all}, carrier, [&](transport_events* to) {
            CHECK(to == nullptr);
            ++heard;
        });
    CHECK(heard == 1);
    CHECK(carrier.closed);
}

TEST_CASE("a session that has ended before a host has made its WebSocket gets none") {
    auto const how = GENERATE("on_open", "drain", "service");
    CAPTURE(how);
    auto const is = [&](std::string_view one) { return how == one; };
    auto host = std::make_unique<testing::host>();
    auto closes = 0;
    host->mount("/ws",
                websocket_options{},
                {.on_open =
                     [&](session& s) {
                         if (is("on_open")) s.close();
                     },
                 .on_close = [&](session&, close_event const&) { ++closes; }});
    late_exchange exchange;
    ask(*host, "/ws", exchange);
    REQUIRE(exchange.upgraded.take);
    host->settle();
    if (is("drain")) host->drain(1s);
    host->advance(2s);
    if (is("service")) host.reset();
    CHECK(closes == (is("service") ? 0 : 1));
    open_transport carrier;
    CHECK(exchange.upgraded.take(carrier) == nullptr);
}

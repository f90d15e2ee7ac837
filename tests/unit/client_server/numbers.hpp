#pragma once

#include <anywire/test.hpp>

#include "support/client_fixture.hpp"
#include "support/memory_wire.hpp"

#include <catch2/catch.hpp>

#include <charconv>
#include <map>
#include <string>
#include <string_view>

// A client and a server that count what they send each other, session by session.
namespace anywire::test {

using namespace std::chrono_literals;

/// Numbers from 0 on, each once and in order.
class counted {
public:
    void take(std::string_view text) {
        INFO("number " << text << " instead of " << next_);
        int n = -1;
        std::from_chars(text.data(), text.data() + text.size(), n);
        CHECK(n == next_);
        ++next_;
    }
    int size() const noexcept { return next_; }

private:
    int next_ = 0;
};

/// Sends each number back.
class counting_server {
public:
    explicit counting_server(sockjs_options sockjs = {}, engineio_options engineio = {}) {
        engineio.eio3 = true;
        sockjs.response_limit = 500;
        handlers app;
        app.on_open = [this](session& s) { heard[std::string(s.id())] = {}; };
        app.on_message = [this](session& s, message_view m) {
            heard[std::string(s.id())].take(m.data);
            (void)s.send(m);
        };
        app.on_close = [this](session& s, close_event const& how) {
            ++ends[how.reason];
            most = std::max(most, heard[std::string(s.id())].size());
            heard.erase(std::string(s.id()));
        };
        host.mount("/ws", websocket_options{}, app);
        host.mount("/sockjs", std::move(sockjs), app);
        host.mount("/engine.io", std::move(engineio), app);
    }

    std::map<std::string, counted> heard{};
    std::map<close_reason, int> ends{};
    int most = 0;
    testing::host host{};
};

/// Sends numbers while it is open, and knows which have come back.
class counting_client final : public client_events {
public:
    explicit counting_client(client_options o, unsigned seed)
        : net(seed), machine(net, settings_of(std::move(o)), *this) {
        machine.connect();
    }

    fake_network net;
    reconnector machine;
    int sent = 0;
    counted back{};
    int sessions = 0;
    int upgrades = 0;
    int failures = 0;
    int total = 0;
    std::string last_failure{};
    std::map<close_reason, int> ends{};

    void send_one() {
        if (machine.send(std::to_string(sent))) ++sent;
    }
    bool is_even() const noexcept { return machine.is_open() && back.size() == sent; }

    void on_open() override {
        sent = 0;
        back = {};
        ++sessions;
        send_one();
    }
    void on_message(message_view m) override {
        back.take(m.data);
        ++total;
    }
    void on_drain() override {}
    void on_transport() override { ++upgrades; }
    void on_close(close_event const& how) override {
        UNSCOPED_INFO(shown(how));
        ++ends[how.reason];
        CHECK(how.reason != close_reason::protocol_error);
    }
    void on_failure(client_failure const& why) override {
        ++failures;
        last_failure = why.text;
    }
    void on_reconnecting(client_retry const&) override {}
    void on_end() override {}
};

inline client_options counting_options(client_dialect d, std::vector<std::string> transports) {
    auto const* const path = d == client_dialect::websocket ? "/ws"
                             : d == client_dialect::sockjs  ? "/sockjs"
                                                            : "/engine.io/";
    return {.url = std::string("http://localhost") + path,
            .dialect = d,
            .transports = std::move(transports),
            .reconnect = {.delay = 100ms},
            .offline = while_disconnected::refuse};
}

}  // namespace anywire::test

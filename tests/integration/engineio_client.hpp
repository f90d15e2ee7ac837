#pragma once

#include <anywire/server.hpp>

#include "support/raw_client.hpp"
#include "support/running_server.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>

namespace anywire::test {

/// The test runs on one shard, and again on several.
inline unsigned some_threads() {
    return GENERATE(1u, 4u);
}

/// The session id in an open packet, wherever it stands.
inline std::string sid_in(std::string_view text) {
    constexpr std::string_view key = "\"sid\":\"";
    auto const at = text.find(key);
    if (at == text.npos) throw std::runtime_error("no sid: " + std::string(text));
    auto const from = at + key.size();
    return std::string(text.substr(from, text.find('"', from) - from));
}

/// One Engine.IO mount on `/eio` of a server with so many threads.
struct engineio_test_server {
    explicit engineio_test_server(unsigned threads = 1, engineio_options options = {})
        : engineio_test_server(on_free_port(threads), std::move(options)) {}
    engineio_test_server(server_options with, engineio_options options, handlers app = {})
        : server(std::move(with), [&](anywire::server& at) {
              auto used = noting_echo(seen);
              if (app.on_open) used.on_open = app.on_open;
              if (app.on_message) used.on_message = app.on_message;
              if (app.authorize) used.authorize = app.authorize;
              eio = at.mount("/eio", std::move(options), std::move(used));
          }) {}

    static std::string path(std::string_view query) {
        return std::string("/eio/?EIO=4&transport=").append(query);
    }
    static std::string polling(std::string_view sid = {}) {
        return path(sid.empty() ? "polling" : std::string("polling&sid=").append(sid));
    }
    static std::string websocket(std::string_view sid = {}) {
        return path(sid.empty() ? "websocket" : std::string("websocket&sid=").append(sid));
    }
    raw_client connect() const { return raw_client(server.port()); }

    /// A polling session; its id.
    std::string open() const {
        auto const r = connect().get(polling());
        if (r.status != 200) throw std::runtime_error("no session: " + r.head + r.body);
        return sid_in(r.body);
    }
    response poll(std::string_view sid) const { return connect().get(polling(sid)); }
    response post(std::string_view sid, std::string_view body) const {
        return connect().post(polling(sid), body);
    }
    bool is_gone(std::string_view sid) const {
        return poll(sid).body == R"({"code":1,"message":"Session ID unknown"})";
    }
    bool is_empty() const {
        return eventually([&] { return eio.session_count() == 0; });
    }
    /// Sends a poll, and returns when it is parked: the session has not answered for what came
    /// before it.
    void park(raw_client& on, std::string_view sid) const {
        on.send(on.request_bytes("GET", polling(sid)));
        settle(server);
    }

    notes seen{};
    endpoint eio{};
    running_server server;
};

/// Takes the polling session to a WebSocket on `c`.
inline void upgrade(raw_client& c, std::string_view sid) {
    CHECK(c.upgrade(engineio_test_server::websocket(sid)).status == 101);
    c.send_text("2probe");
    CHECK(c.read_message() == "3probe");
    c.send_text("5");
}

}  // namespace anywire::test

#pragma once

#include "bridge.hpp"
#include "gateway_server.hpp"
#include "hooks_backend.hpp"
#include "publisher.hpp"
#include "websocket_events.hpp"

#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire::test {

inline std::string field_of(std::string const& head, std::string_view name) {
    auto const line = "\r\n" + std::string(name) + ": ";
    auto const at = head.find(line);
    if (at == std::string::npos) return {};
    auto const from = at + line.size();
    return head.substr(from, head.find('\r', from) - from);
}

/// One POST of the gateway's, as the application has it.
struct post {
    raw_peer peer;
    std::string head{};
    std::string body{};

    std::string field(std::string_view name) const { return field_of(head, name); }
    void answer(std::string_view events, std::string_view fields = {}) {
        answer_with("200 OK",
                    "Content-Type: application/websocket-events\r\n" + std::string(fields),
                    events);
    }
    void answer_with(std::string_view status, std::string_view fields, std::string_view text) {
        std::string out("HTTP/1.1 ");
        out.append(status).append("\r\nConnection: close\r\n").append(fields);
        out.append("Content-Length: ").append(std::to_string(text.size())).append("\r\n\r\n");
        peer.send(out.append(text));
    }
};

struct application {
    post next() {
        post p{server.accept()};
        p.head = p.peer.read_head();
        p.body = p.peer.read_exactly(std::stoul(p.field("Content-Length")));
        return p;
    }
    std::string url() const { return server.url("/hooks?{query}"); }
    scripted_server server{};
};

inline std::string text_event(std::string_view text) {
    std::string out;
    gateway::append_event(out, "TEXT", text);
    return out;
}

/// The gateway's way from a WebSocket mount to hooks, without its configuration.
class hooked {
public:
    explicit hooked(std::function<void(gateway::route_settings&)> const& change = {},
                    std::vector<std::string> const& urls = {},
                    server_options o = on_free_port())
        : route_(std::make_shared<gateway::route>()),
          front(std::move(o), [&](server& s, gateway_server::place_finder const& here) {
              auto& settings = route_->settings;
              settings.path = "/live";
              settings.kind = gateway::backend_kind::hooks;
              for (auto const& url : urls) settings.backends.push_back({.url = url});
              if (urls.empty()) settings.backends.push_back({.url = app.url()});
              if (change) change(settings);
              route_->servers =
                  std::make_shared<gateway::upstreams>(settings.backends, settings.health);
              route_->behind = gateway::make_hooks_backend(settings, route_->servers);
              mount(s);
              boost::asio::post(s.executor_of(0), [this, here] {
                  state_ = std::make_unique<gateway::shard_state>(
                      here(), gateway::shared_notes{log_, fallbacks_});
                  state_->enter();
              });
          }) {}

    ~hooked() {
        front.end();
        state_.reset();  // with what is on its way, before what that runs on
    }

    raw_client client() const { return raw_client(front.port()); }
    gateway::upstream_numbers numbers(std::size_t server = 0) const {
        return route_->servers->numbers(std::chrono::steady_clock::now())[server];
    }
    /// What has become of all choices of a server, once no session of it is there any more:
    /// "opened 1 failed 0 lost 0".
    std::string outcome(std::size_t server = 0) const {
        auto const is_over = eventually([&] { return numbers(server).sessions == 0; });
        auto const n = numbers(server);
        return is_over ? "opened " + std::to_string(n.opened) + " failed " +
                             std::to_string(n.failed) + " lost " + std::to_string(n.lost)
                       : std::to_string(n.sessions) + " sessions are left";
    }
    /// The application lets a client in.
    void open(raw_client& c, std::string_view events = "OPEN\r\n", std::string_view fields = {}) {
        c.send(c.upgrade_bytes("/live"));
        app.next().answer(events, fields);
        CHECK(c.read_response().status == 101);
    }

    application app{};

private:
    void mount(server& s) {
        websocket_options o;
        o.limits = route_->settings.limits;
        handlers h;
        h.authorize = [this](request const& from, decision d) {
            gateway::bridge::admit(route_, "websocket", from, std::move(d));
        };
        h.on_open = [](session& c) { gateway::bridge::of(c).on_open(c); };
        h.on_message = [](session& c, message_view m) { gateway::bridge::of(c).on_message(m); };
        h.on_drain = [](session& c) { gateway::bridge::of(c).on_drain(); };
        h.on_close = [](session& c, close_event const& how) {
            gateway::bridge::of(c).on_close(how);
        };
        auto const live = s.mount("/live", o, h);
        s.route("POST",
                "/publish/",
                gateway::make_publisher({.secret = "open sesame", .endpoints = [live] {
                                             return std::vector<endpoint>{live};
                                         }}));
    }

    std::shared_ptr<gateway::route> route_;
    gateway::current_access_log log_{
        std::make_shared<gateway::access_log>(gateway::log_settings{.access_file = "-"})};
    gateway::fallback_notes fallbacks_{{1, 2}};
    std::unique_ptr<gateway::shard_state> state_{};

public:
    gateway_server front;
};

inline std::string closed_with(raw_client& c) {
    auto const f = c.read_close();
    return std::to_string(f.close_code()) + " " + f.payload.substr(2);
}

}  // namespace anywire::test

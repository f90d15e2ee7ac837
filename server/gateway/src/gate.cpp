#include "gate.hpp"

#include <anywire/asio.hpp>
#include <anywire/server.hpp>

#include "bridge.hpp"
#include "make_backend.hpp"
#include "site.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace anywire::gateway {
namespace {

server_options options_of(gateway_settings const& s, log_sink log) {
    server_options o;
    o.address.clear();
    o.listeners = s.listeners;
    o.threads = s.threads;
    o.limits = s.limits;
    o.trusted_proxies = s.trusted_proxies;
    o.proxy_style = s.proxy_style;
    o.hosts = s.hosts;
    o.log = std::move(log);
    return o;
}

std::size_t shards_of(gateway_settings const& s) {
    return s.threads != 0 ? s.threads : std::max(1u, std::thread::hardware_concurrency());
}

/// One set serves each front; they differ in the dialect's name.
handlers bridging(std::shared_ptr<route> const& r, char const* dialect) {
    handlers h;
    h.authorize = [r, dialect](request const& from, decision d) {
        bridge::admit(r, dialect, from, std::move(d));
    };
    h.on_open = [](session& s) { bridge::of(s).on_open(s); };
    h.on_message = [](session& s, message_view m) { bridge::of(s).on_message(m); };
    h.on_drain = [](session& s) { bridge::of(s).on_drain(); };
    h.on_close = [](session& s, close_event const& how) { bridge::of(s).on_close(how); };
    return h;
}

session_limits limits_of(route_settings const& r) {
    auto limits = r.limits;
    // The backend's own time is over first, so that it is named.
    limits.authorize_timeout = r.connect_timeout * 2 + std::chrono::seconds(5);
    return limits;
}

void mount_websocket(server& on, std::shared_ptr<route> const& r) {
    auto const& s = r->settings;
    websocket_options o;
    o.limits = limits_of(s);
    o.origins = s.origins;
    o.deflate.enabled = s.compress;
    o.ping_interval = s.heartbeat;
    o.ping_timeout = s.heartbeat_timeout;
    o.subpaths = true;
    on.mount(s.path, std::move(o), bridging(r, "websocket"));
}

void mount_sockjs(server& on, std::shared_ptr<route> const& r) {
    auto const& s = r->settings;
    sockjs_options o;
    o.limits = limits_of(s);
    o.origins = s.origins;
    o.deflate.enabled = s.compress;
    o.heartbeat = s.heartbeat;
    o.heartbeat_timeout = s.heartbeat_timeout;
    o.sockjs_url = s.sockjs_url;
    o.htmlfile = s.jsonp;
    o.jsonp = s.jsonp;
    on.mount(s.path, std::move(o), bridging(r, "sockjs"));
}

void mount_engineio(server& on, std::shared_ptr<route> const& r) {
    auto const& s = r->settings;
    engineio_options o;
    o.limits = limits_of(s);
    o.origins = s.origins;
    o.deflate.enabled = s.compress;
    o.ping_interval = s.heartbeat;
    o.ping_timeout = s.heartbeat_timeout;
    o.eio3 = s.eio3;
    o.jsonp = s.jsonp;
    o.on_upgrade = [](session& from) { bridge::of(from).on_transport(); };
    on.mount(s.path, std::move(o), bridging(r, "engineio"));
}

/// Keys the hash of what clients choose.
std::array<std::uint64_t, 2> draw_secret() {
    std::random_device random;
    auto const half = [&] { return std::uint64_t{random()} << 32 | random(); };
    return {half(), half()};
}

}  // namespace

class gate::impl {
public:
    impl(gateway_settings settings, log_sink log)
        : settings_(checked(std::move(settings))),
          access_(settings_.log),
          server_(options_of(settings_, log)) {
        for (std::size_t i = 0; i < shards_of(settings_); ++i) add_shard(i, log);
        for (auto const& r : settings_.routes) add_route(r);
        mount_site(
            server_, settings_.site, []() -> shard_place& { return shard_state::here().place(); });
    }
    ~impl() {
        // What is under way ends before what it runs on.
        for (auto const& s : shards_) s->clear();
        for (auto const& r : routes_) r->behind.reset();
    }

    void run() {
        for (auto const& s : shards_)
            boost::asio::post(s->place().executor, [&state = *s] { state.enter(); });
        server_.run();
    }
    server& on() noexcept { return server_; }
    access_log& access() noexcept { return access_; }
    gateway_numbers numbers() const {
        auto const now = std::chrono::steady_clock::now();
        gateway_numbers n;
        n.service = server_.snapshot();
        n.uptime = std::chrono::duration_cast<std::chrono::seconds>(now - begun_);
        for (auto const& r : routes_)
            n.routes.push_back({.path = r->settings.path,
                                .refused = r->tallies->refused,
                                .lost = r->tallies->lost,
                                .resumed = r->tallies->resumed,
                                .links = r->tallies->links,
                                .backends = r->servers->numbers(now)});
        return n;
    }
    gateway_settings const& settings() const noexcept { return settings_; }

private:
    static gateway_settings checked(gateway_settings s) {
        auto const wrong = check_settings(s);
        if (wrong.empty()) return s;
        throw std::invalid_argument(wrong.front().key + ": " + wrong.front().text);
    }
    void add_shard(std::size_t index, log_sink const& log) {
        boost::asio::any_io_executor const executor = server_.executor_of(index);
        clients_.push_back(std::make_unique<client_context>(executors(executor), log));
        shards_.push_back(std::make_unique<shard_state>(
            shard_place{static_cast<unsigned>(index), executor, clients_.back().get(), log},
            shared_notes{access_, fallbacks_}));
    }
    void add_route(route_settings const& s) {
        auto const r = std::make_shared<route>();
        r->settings = s;
        r->servers = std::make_shared<upstreams>(s.backends, s.health);
        r->behind = make_backend(s, r->servers);
        routes_.push_back(r);
        if (s.websocket) mount_websocket(server_, r);
        if (s.engineio) mount_engineio(server_, r);
        if (s.sockjs) mount_sockjs(server_, r);
    }

    gateway_settings settings_;
    std::chrono::steady_clock::time_point const begun_ = std::chrono::steady_clock::now();
    access_log access_;
    fallback_notes fallbacks_{draw_secret()};
    server server_;
    std::vector<std::shared_ptr<route>> routes_{};
    std::vector<std::unique_ptr<client_context>> clients_{};
    std::vector<std::unique_ptr<shard_state>> shards_{};
};

gate::gate(gateway_settings settings, log_sink log)
    : impl_(std::make_unique<impl>(std::move(settings), std::move(log))) {}
gate::~gate() = default;

void gate::run() {
    impl_->run();
}
void gate::drain() {
    impl_->on().drain(impl_->settings().drain);
}
void gate::stop() {
    impl_->on().stop();
}
error_code gate::reopen_log() {
    return impl_->access().reopen();
}
gateway_numbers gate::numbers() const {
    return impl_->numbers();
}
std::uint16_t gate::port(std::size_t listener) const {
    return impl_->on().port(listener);
}
std::string gate::url(std::size_t listener) const {
    return impl_->on().url(listener);
}

}  // namespace anywire::gateway

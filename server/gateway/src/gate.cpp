#include "gate.hpp"

#include <anywire/asio.hpp>
#include <anywire/server.hpp>

#include "fronts.hpp"
#include "make_backend.hpp"
#include "prober.hpp"
#include "publisher.hpp"
#include "settings_change.hpp"
#include "site.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
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
    o.listeners = listeners_of(s);
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
          log_(log),
          access_(std::make_shared<access_log>(settings_.log)),
          server_(counted(options_of(settings_, log))) {
        for (std::size_t i = 0; i < shards_of(settings_); ++i) add_shard(i);
        for (auto const& r : settings_.routes) routes_.push_back(make_route(r, nullptr));
        serve_site();
    }
    ~impl() {
        // What is under way ends before what it runs on.
        for (auto const& s : shards_) s->clear();
        for (auto const& r : routes_) r.served.on->behind.reset();
    }

    void run() {
        for (auto const& s : shards_)
            boost::asio::post(s->place().executor, [&state = *s] { state.enter(); });
        server_.run();
    }
    server& on() noexcept { return server_; }
    std::size_t listener_count() const noexcept { return listener_count_; }
    void drain() {
        is_leaving_ = true;
        auto const delay = setting(&gateway_settings::drain_delay);
        if (delay.count() == 0) return begin_drain();
        boost::asio::post(server_.executor_of(0), [this, delay] {
            delay_.emplace(server_.executor_of(0), delay);
            delay_->async_wait([this](error_code failed) {
                if (!failed) begin_drain();
            });
        });
    }
    error_code reopen_log() { return access_.load()->reopen(); }

    void reload(gateway_settings next) {
        std::scoped_lock const lock(mutex_);
        auto const change = difference(settings_, next);
        auto const before = std::exchange(settings_, reloaded(settings_, std::move(next)));
        if (change.limits) server_.set_limits(settings_.limits);
        (void)server_.reload_certificates();  // it tells the log by itself
        if (change.log) access_.store(std::make_shared<access_log>(settings_.log));
        reload_routes(change);
        if (change.site) reload_site(before.site);
        for (auto const& line : change.now) say(line);
        for (auto const& line : change.later) say(line);
        if (change.is_empty()) say("nothing has changed but perhaps certificates");
    }

    gateway_numbers numbers() const {
        auto const now = std::chrono::steady_clock::now();
        gateway_numbers n;
        n.service = server_.snapshot();
        n.uptime = std::chrono::duration_cast<std::chrono::seconds>(now - begun_);
        n.version = ANYWIRE_VERSION;
        n.is_leaving = is_leaving_;
        std::scoped_lock const lock(mutex_);
        for (auto const& r : routes_) {
            auto const& on = *r.served.on;
            n.routes.push_back({.path = on.settings.path,
                                .refused = on.tallies->refused,
                                .lost = on.tallies->lost,
                                .resumed = on.tallies->resumed,
                                .links = on.tallies->links,
                                .backends = on.servers->numbers(now)});
        }
        return n;
    }

    std::vector<publish_route> publishers() {
        std::vector<publish_route> all;
        std::scoped_lock const lock(mutex_);
        for (auto const& r : routes_) {
            auto const& s = r.served.on->settings;
            if (s.kind != backend_kind::hooks || s.hooks.publish_path.empty()) continue;
            all.push_back(
                {s.hooks.publish_path,
                 make_publisher({.secret = s.hooks.publish_secret,
                                 .endpoints = [this, path = s.path] { return endpoints_of(path); },
                                 .base64 = s.sockjs_base64}),
                 s.limits.max_message});
        }
        return all;
    }

private:
    std::chrono::milliseconds setting(std::chrono::milliseconds gateway_settings::*which) const {
        std::scoped_lock const lock(mutex_);
        return settings_.*which;
    }
    void begin_drain() {
        server_.drain({.deadline = setting(&gateway_settings::drain),
                       .spread = setting(&gateway_settings::drain_spread)});
    }

    /// A route, and who asks its servers whether they work.
    struct working_route {
        served_route served{};
        std::unique_ptr<prober> checks{};
    };

    static gateway_settings checked(gateway_settings s) {
        auto const wrong = check_settings(s);
        if (wrong.empty()) return s;
        throw std::invalid_argument(wrong.front().key + ": " + wrong.front().text);
    }
    server_options counted(server_options o) {
        listener_count_ = o.listeners.size();
        return o;
    }
    void say(std::string const& line) const {
        if (log_.write) log_.write(log_level::info, line);
    }
    void add_shard(std::size_t index) {
        boost::asio::any_io_executor const executor = server_.executor_of(index);
        clients_.push_back(std::make_unique<client_context>(executors(executor), log_));
        shards_.push_back(std::make_unique<shard_state>(
            shard_place{static_cast<unsigned>(index), executor, clients_.back().get(), log_},
            shared_notes{access_, fallbacks_}));
    }
    working_route make_route(route_settings const& s, working_route const* old) {
        auto const r = std::make_shared<route>();
        r->settings = s;
        r->servers = std::make_shared<upstreams>(s.backends, s.health);
        if (old) {
            r->servers->take_over(*old->served.on->servers);
            r->tallies = old->served.on->tallies;
        }
        r->behind = make_backend(s, r->servers);
        working_route made;
        made.served = old ? remount_fronts(server_, r, old->served) : mount_fronts(server_, r);
        made.checks = std::make_unique<prober>(*clients_.front(), s, r->servers);
        return made;
    }
    /// Checks end where they run.
    void retire(working_route& r) {
        clients_.front()->post([checks = std::shared_ptr<prober>(std::move(r.checks))] {});
    }
    working_route* find_route(std::string_view path) {
        for (auto& r : routes_)
            if (r.served.on->settings.path == path) return &r;
        return nullptr;
    }
    std::vector<endpoint> endpoints_of(std::string_view path) {
        std::scoped_lock const lock(mutex_);
        auto const* const r = find_route(path);
        return r ? r->served.endpoints() : std::vector<endpoint>{};
    }
    void reload_routes(settings_change const& change) {
        std::vector<working_route> now;
        for (auto const& c : change.routes) {
            if (c.what != route_change::kind::removed) continue;
            auto& gone = routes_[c.before];
            unmount_fronts(server_, gone.served);
            retire(gone);
        }
        for (auto const& s : settings_.routes) {
            auto* const old = find_route(s.path);
            auto const is_same =
                old && std::none_of(
                           change.routes.begin(), change.routes.end(), [&](route_change const& c) {
                               return c.what == route_change::kind::changed &&
                                      settings_.routes[c.after].path == s.path;
                           });
            if (is_same) {
                now.push_back(std::move(*old));
                continue;
            }
            now.push_back(make_route(s, old));
            if (old) retire(*old);
        }
        routes_ = std::move(now);
    }
    void serve_site() {
        mount_site(
            server_, settings_.site, []() -> shard_place& { return shard_state::here().place(); });
    }
    void reload_site(site_settings const& before) {
        if (!before.files.empty() || !before.pass_to.empty()) server_.unmount("/");
        auto site = settings_.site;
        site.shim = false;  // what is a route already stays one
        mount_site(server_, site, []() -> shard_place& { return shard_state::here().place(); });
    }

    mutable std::mutex mutex_{};  // for `settings_` and `routes_` once it runs
    gateway_settings settings_;
    std::chrono::steady_clock::time_point const begun_ = std::chrono::steady_clock::now();
    log_sink log_;
    current_access_log access_;
    std::size_t listener_count_ = 0;
    fallback_notes fallbacks_{draw_secret()};
    server server_;
    std::vector<std::unique_ptr<client_context>> clients_{};
    std::vector<std::unique_ptr<shard_state>> shards_{};
    std::vector<working_route> routes_{};
    std::atomic<bool> is_leaving_{false};
    std::optional<boost::asio::steady_timer> delay_{};  // shard 0's
};

gate::gate(gateway_settings settings, log_sink log)
    : impl_(std::make_unique<impl>(std::move(settings), std::move(log))) {}
gate::~gate() = default;

void gate::run() {
    impl_->run();
}
void gate::drain() {
    impl_->drain();
}
void gate::stop() {
    impl_->on().stop();
}
error_code gate::reopen_log() {
    return impl_->reopen_log();
}
void gate::reload(gateway_settings settings) {
    impl_->reload(std::move(settings));
}
std::vector<publish_route> gate::publishers() {
    return impl_->publishers();
}
gateway_numbers gate::numbers() const {
    return impl_->numbers();
}
std::size_t gate::listener_count() const {
    return impl_->listener_count();
}
std::uint16_t gate::port(std::size_t listener) const {
    return impl_->on().port(listener);
}
std::string gate::url(std::size_t listener) const {
    return impl_->on().url(listener);
}

}  // namespace anywire::gateway

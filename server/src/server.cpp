#include <anywire/server.hpp>

#include "host_list.hpp"
#include "memory_limit.hpp"
#include "mount_point.hpp"
#include "server_core.hpp"
#include "session/session_base.hpp"
#include "shard.hpp"
#include "socketio/server/io_core.hpp"

#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <stdexcept>
#include <sys/resource.h>
#include <thread>
#include <utility>

namespace anywire {

void address_census::on_added(session_base const& s) {
    sessions_.add(s.request().remote_address());
}
void address_census::on_retired(session_base const& s) noexcept {
    sessions_.remove(s.request().remote_address());
}

namespace {

using namespace std::chrono_literals;

constexpr unsigned most_threads = 256;

void require(bool good, char const* what) {
    if (!good) throw std::invalid_argument(std::string("server_options: ") + what);
}

void check(tls_options const& tls) {
    require(!tls.key.empty() || tls.certificate.empty(),
            "tls.certificate is given without its private key, tls.key");
    require(!tls.certificate.empty() || tls.key.empty(),
            "tls.key is given without the certificate it belongs to, tls.certificate");
}

void check(server_options const& o) {
    require(o.threads <= most_threads, "threads must be at most 256; 0 is one per core");
    require(o.limits.header >= 256 && o.limits.header <= (1u << 20),
            "limits.header must be 256 bytes to 1 MiB");
    require(
        std::all_of(o.hosts.begin(), o.hosts.end(), http::is_host_option),
        "hosts must be names such as example.com, *.example.com or [::1]:8080, without a scheme");
    require(o.limits.header_fields >= 1, "limits.header_fields must be at least 1");
    for (auto const d : {o.limits.tls_handshake,
                         o.limits.request_head,
                         o.limits.request_body,
                         o.limits.keep_alive})
        require(d.count() > 0, "times in limits must be positive");
    require(o.limits.handshake_burst.count() >= 0 && o.limits.handshake_burst <= 24h,
            "limits.handshake_burst must be 0 to 24 hours");
    require(o.limits.slow_event.count() >= 0, "limits.slow_event must not be negative");
    check(o.tls);
    for (auto const& l : o.listeners) check(l.tls);
}

/// What a session may take of the memory, with its connection and what the kernel keeps for it.
constexpr std::size_t memory_of_session = std::size_t{16} * 1024;

std::size_t descriptor_limit() noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return 1u << 20;
    return std::max<std::size_t>(static_cast<std::size_t>(limit.rlim_cur), 128) - 64;
}

std::string clean_prefix(std::string path) {
    if (!path.starts_with('/'))
        throw std::invalid_argument("mount '" + path + "': a path starts with '/'");
    while (path.ends_with('/')) path.pop_back();
    return path;
}

/// A ticker of `server::every`.
class ticker final : public timer_node, public std::enable_shared_from_this<ticker> {
public:
    ticker(shard& s, tick period, std::function<void()> fn)
        : shard_(s), period_(std::max<tick>(period, 1)), fn_(std::move(fn)) {}

    void start(tick now) noexcept {
        next_ = now + period_;
        shard_.loop().wheel().arm(*this, next_);
    }
    void on_timer(tick now) override {
        if (not_after(next_, now)) {
            next_ += period_;
            if (not_after(next_, now)) next_ = now + period_;  // after a stall, no burst
            call();
        }
        shard_.loop().wheel().arm(*this, next_);
    }

private:
    void call() {
        try {
            fn_();
        } catch (...) {
            shard_.log().failed("a ticker");
        }
    }

    shard& shard_;
    tick period_;
    tick next_ = 0;
    std::function<void()> fn_;
};

}  // namespace

class server::impl {
public:
    explicit impl(server_options options) {
        check(options);
        core_.options = std::move(options);
        auto const trusted = http::address_ranges::parse(core_.options.trusted_proxies);
        require(trusted.has_value(),
                "trusted_proxies must be IP addresses or networks such as 10.0.0.0/8");
        core_.trusted = *trusted;
        auto const& limits = core_.options.limits;
        core_.max_connections =
            limits.max_connections != 0 ? limits.max_connections : descriptor_limit();
        core_.max_sessions =
            limits.max_sessions != 0 ? limits.max_sessions : memory_limit() / memory_of_session;
        core_.handshakes.set(limits.max_handshakes_per_second,
                             limits.max_handshakes_per_second_per_address,
                             limits.handshake_burst);
        make_shards();
        listen({core_.options.address, core_.options.port, core_.options.tls});
        for (auto const& l : core_.options.listeners) listen(l);
    }

    ~impl() {
        // Sessions and connections of a shard die with it, here, when no thread runs any more.
        tickers_.clear();
        for (auto const& fn : core_.at_end) fn();
        core_.is_going = true;
        for (auto const& s : core_.shards) s->tear_down();
        core_.shards.clear();
    }

    /// Throws: `std::logic_error` once `run` has been called.
    void require_setup(std::string_view what, std::string_view path) const {
        if (has_run_)
            throw std::logic_error(std::string(what) + " '" + std::string(path) +
                                   "' after run: whatever is served has to be set up before");
    }

    endpoint add(std::shared_ptr<mount_point> const& m) {
        // Enough for who only broadcasts, but most likely those of another mount, or moved from.
        auto const& app = m->app();
        if (!app.on_open && !app.on_message && !app.on_close && !app.on_drain && !app.authorize)
            core_.shards.front()->log().write(log_level::info,
                                              "mount '",
                                              m->prefix(),
                                              "': no handler is set, so what clients send is "
                                              "ignored");
        if (!core_.routes.add(m))
            throw std::invalid_argument("mount '" + m->prefix() + "': the path is taken");
        core_.mounts.push_back(m);
        if (core_.options.limits.max_sessions_per_address != 0)
            m->counters().census = &core_.census;
        for (auto const& s : core_.shards)
            s->add_endpoint(std::make_unique<endpoint_core>(
                s->loop(), m->app(), m->limits(), m->counters(), core_.hash_key, m->prefix()));
        return endpoint(m);
    }

    server_core& core() noexcept { return core_; }
    std::vector<std::uint16_t> const& ports() const noexcept { return ports_; }
    std::string url(std::size_t index) const {
        auto const& o = core_.options;
        auto const& address = index == 0 ? o.address : o.listeners.at(index - 1).address;
        return url_of(address, ports_.at(index), core_.tls.at(index) != nullptr);
    }
    std::size_t mount_count() const noexcept { return core_.mounts.size(); }

    void every(std::chrono::milliseconds period, std::function<void()> fn) {
        if (!fn) throw std::invalid_argument("server::every: the function given to it is empty");
        auto& first = *core_.shards.front();
        auto const t = std::make_shared<ticker>(first, to_ticks(period), std::move(fn));
        {
            std::scoped_lock const lock(mutex_);
            tickers_.push_back(t);
        }
        first.post([t, &first] { t->start(first.loop().now()); });
    }

    void run() {
        if (core_.routes.is_empty())
            core_.shards.front()->log().write(
                log_level::error,
                "nothing is mounted, so every request gets 404: call server.mount(...) or "
                "server.serve_files(...) before server.run()");
        if (socketio::io_core::unmounted() != 0)
            core_.shards.front()->log().write(
                log_level::info,
                "a socketio::server is not mounted, so no client reaches it: "
                "server.mount(\"/socket.io/\", io)");
        if (has_run_.exchange(true))
            throw std::logic_error(
                "server::run was called before: a server runs once; make another one");
        std::vector<std::thread> others;
        for (std::size_t i = 1; i < core_.shards.size(); ++i)
            others.emplace_back([&s = *core_.shards[i]] { s.run(); });
        core_.shards.front()->run();
        for (auto& t : others) t.join();
    }

    void stop() {
        for (auto const& s : core_.shards) s->post([&s = *s] { s.stop_now(); });
    }

    void drain(std::chrono::milliseconds deadline) {
        for (auto const& s : core_.shards)
            s->post([&s = *s, deadline] { s.drain(to_ticks(deadline)); });
    }

private:
    void make_shards() {
        auto n = core_.options.threads;
        if (n == 0) n = std::clamp(std::thread::hardware_concurrency(), 1u, most_threads);
        for (unsigned i = 0; i < n; ++i) core_.shards.push_back(std::make_unique<shard>(i, core_));
        share_queue_budget();
    }

    void share_queue_budget() {
        auto const most = core_.options.limits.max_queued_total;
        core_.queues.most = most != 0 ? most : memory_limit() / 4;
        core_.queues.relieve = [this] {
            core_.relieving = core_.shards.size();
            for (auto const& s : core_.shards)
                s->post([this, &loop = s->loop()] {
                    loop.relieve();
                    if (--core_.relieving == 0) core_.queues.asked = false;
                });
        };
        for (auto const& s : core_.shards) s->loop().share(core_.queues);
    }

    void listen(listener_options const& l) {
        std::unique_ptr<tls_context> tls;
        if (!l.tls.certificate.empty() || !l.tls.key.empty()) {
            std::string error;
            tls = std::make_unique<tls_context>(l.tls.certificate, l.tls.key, error);
            if (!error.empty()) throw std::invalid_argument(error);
        }
        auto port = l.port;
        auto const shared = core_.shards.size() > 1;
        if (shared) {
            // SO_REUSEPORT would join another server's port without a word: look first, without it.
            auto const probe = listen_on(core_.shards.front()->context(), l.address, port, false);
            port = probe.local_endpoint().port();
        }
        for (auto const& s : core_.shards) {
            auto socket = listen_on(s->context(), l.address, port, shared);
            port = socket.local_endpoint().port();
            s->add_listener(std::make_unique<acceptor>(*s, std::move(socket), tls.get()));
        }
        ports_.push_back(port);
        core_.tls.push_back(std::move(tls));
    }

    server_core core_{};
    std::vector<std::uint16_t> ports_{};
    std::mutex mutex_{};
    std::vector<std::shared_ptr<ticker>> tickers_{};
    std::atomic<bool> has_run_{false};
};

server::server(server_options options) : impl_(std::make_unique<impl>(std::move(options))) {}
server::~server() = default;

endpoint server::mount(std::string path, websocket_options options, handlers app) {
    impl_->require_setup("mount", path);
    return impl_->add(make_websocket_mount(impl_->core(),
                                           clean_prefix(std::move(path)),
                                           impl_->mount_count(),
                                           std::move(options),
                                           std::move(app)));
}

endpoint server::mount(std::string path, sockjs_options options, handlers app) {
    impl_->require_setup("mount", path);
    return impl_->add(make_sockjs_mount(impl_->core(),
                                        clean_prefix(std::move(path)),
                                        impl_->mount_count(),
                                        std::move(options),
                                        std::move(app)));
}

endpoint server::mount(std::string path, engineio_options options, handlers app) {
    impl_->require_setup("mount", path);
    return impl_->add(make_engineio_mount(impl_->core(),
                                          clean_prefix(std::move(path)),
                                          impl_->mount_count(),
                                          std::move(options),
                                          std::move(app)));
}

void server::mount(std::string path, socketio::server const& io) {
    impl_->require_setup("mount", path);
    auto const m =
        make_socketio_mount(impl_->core(), clean_prefix(std::move(path)), impl_->mount_count(), io);
    impl_->add(m);
    attach_socketio(impl_->core(), *m, io);
}

void server::serve_files(std::string path, std::string const& folder, files_options options) {
    impl_->require_setup("serve_files", path);
    auto target = make_files_mount(clean_prefix(std::move(path)), folder, options);
    auto const prefix = target->prefix();
    if (!impl_->core().routes.add(std::move(target)))
        throw std::invalid_argument("serve_files '" + prefix + "': the path is taken");
}

std::uint16_t server::port(std::size_t index) const {
    return impl_->ports().at(index);
}
std::string server::url(std::size_t index) const {
    return impl_->url(index);
}
void server::every(std::chrono::milliseconds period, handler<void()> fn) {
    impl_->every(period, std::move(fn).take());
}
void server::run() {
    impl_->run();
}
void server::stop() {
    impl_->stop();
}
void server::drain(std::chrono::milliseconds deadline) {
    impl_->drain(deadline);
}

}  // namespace anywire

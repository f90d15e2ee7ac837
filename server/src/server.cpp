#include <anywire/server.hpp>

#include "acceptor.hpp"
#include "io_host.hpp"
#include "listening_socket.hpp"
#include "random_pool.hpp"
#include "service_core.hpp"
#include "shard.hpp"
#include "socketio/server/io_core.hpp"
#include "tls_source.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <thread>
#include <utility>

namespace anywire {
namespace {

constexpr unsigned most_threads = 256;

bool has_address(server_options const& o) noexcept {
    return !o.address.empty();
}

void check_listeners(server_options const& o) {
    require_sound(o.tls);
    for (auto const& l : o.listeners) require_sound(l.tls);
    require_service_option(has_address(o) || !o.listeners.empty(),
                           "address is empty, and there are no listeners");
    require_service_option(has_address(o) || o.tls.certificate.empty(),
                           "tls is that of address, which is empty: listeners have their own");
    std::vector<int> inherited;
    for (auto const& l : o.listeners)
        if (l.descriptor >= 0) inherited.push_back(l.descriptor);
    std::sort(inherited.begin(), inherited.end());
    require_service_option(
        std::adjacent_find(inherited.begin(), inherited.end()) == inherited.end(),
        "two listeners have the same descriptor");
}

service_options options_of_service(server_options const& o) {
    require_service_option(o.threads <= most_threads,
                           "threads must be at most 256; 0 is one per core");
    check_listeners(o);
    return {.limits = o.limits,
            .trusted_proxies = o.trusted_proxies,
            .log = o.log,
            .proxy_style = o.proxy_style,
            .hosts = o.hosts};
}

}  // namespace

class server::impl {
public:
    /// Makes the threads' loops, and listens. What throws leaves shards that need those loops.
    void set_up(server_options const& o, service_core& core) {
        auto n = o.threads;
        if (n == 0) n = std::clamp(std::thread::hardware_concurrency(), 1u, most_threads);
        for (unsigned i = 0; i < n; ++i) threads_.push_back(std::make_unique<loop_thread>(i, core));
        if (has_address(o)) listen({o.address, o.port, o.tls});
        for (auto const& l : o.listeners) listen(l);
    }

    std::uint16_t port(std::size_t index) const { return listeners_.at(index).port; }
    std::string url(std::size_t index) const {
        auto const& l = listeners_.at(index);
        return l.is_unix ? "unix:" + l.address : url_of(l.address, l.port, l.tls != nullptr);
    }
    /// What is wrong, a line each.
    std::string reload_certificates() {
        std::string wrong;
        for (auto const& l : listeners_)
            if (auto const error = l.tls ? l.tls->reload() : std::string{}; !error.empty())
                wrong.append(wrong.empty() ? "" : "\n").append(error);
        return wrong;
    }
    /// False when it has been called before.
    bool claim_run() noexcept { return !has_run_.exchange(true); }
    void run() {
        std::vector<std::thread> others;
        for (std::size_t i = 1; i < threads_.size(); ++i)
            others.emplace_back([&t = *threads_[i]] { t.run(); });
        threads_.front()->run();
        for (auto& t : others) t.join();
        for (auto& l : listeners_) l.file.reset();
    }

private:
    /// One thread with its own event loop, which is one shard.
    class loop_thread {
    public:
        loop_thread(unsigned index, service_core& core)
            : work_(context_.get_executor()),
              shard_(core.add(std::make_unique<shard>(
                  index,
                  core,
                  std::make_unique<io_host>(
                      index,
                      core.options.log,
                      random_pool{},
                      core.connections,
                      context_.get_executor(),
                      [this] { return std::this_thread::get_id() == id_.load(relaxed); })))) {
            shard_.on_finished([this] { context_.stop(); });
        }

        shard& its_shard() noexcept { return shard_; }
        void run() {
            id_ = std::this_thread::get_id();
            shard_.start();
            // Only what is between events can throw up to here: the loop's own bookkeeping, without
            // memory.
            while (!shard_.host().guard("the event loop", [this] {
                shard_.io().sockets().watch();
                context_.run();
            })) {
            }
            id_ = std::thread::id{};
        }

    private:
        static constexpr auto relaxed = std::memory_order_relaxed;

        net::io_context context_{1};
        net::executor_work_guard<net::io_context::executor_type> work_;
        std::atomic<std::thread::id> id_{};
        shard& shard_;
    };

    /// What is left of a listener where its sockets have gone to the shards.
    struct bound_listener {
        std::string address{};
        std::uint16_t port = 0;
        bool is_unix = false;
        std::unique_ptr<tls_source> tls{};  // null without TLS
        std::unique_ptr<socket_file> file{};
    };

    void listen(listener_options const& l) {
        auto tls = l.tls.certificate.empty() ? nullptr : std::make_unique<tls_source>(l.tls);
        auto sockets = listen_for(l, threads_.size());
        listener_traits const traits{
            .tls = tls.get(), .reads_proxy_header = l.proxy_protocol == proxy_protocol::required};
        for (std::size_t i = 0; i < threads_.size(); ++i) {
            auto& its_shard = threads_[i]->its_shard();
            its_shard.add_source(
                std::make_unique<acceptor>(its_shard, std::move(sockets.each[i]), traits));
        }
        listeners_.push_back({std::move(sockets.address),
                              sockets.port,
                              sockets.is_unix,
                              std::move(tls),
                              std::move(sockets.file)});
    }

    std::vector<std::unique_ptr<loop_thread>> threads_{};
    std::vector<bound_listener> listeners_{};
    std::atomic<bool> has_run_{false};
};

server::server(server_options options)
    : service(options_of_service(options)), impl_(std::make_unique<impl>()) {
    try {
        impl_->set_up(options, core());
    } catch (...) {
        tear_down();  // as in the destructor, which does not follow
        throw;
    }
}

server::~server() {
    // Sessions and connections die here, when no thread runs any more, before their event loops.
    tear_down();
}

std::uint16_t server::port(std::size_t index) const {
    return impl_->port(index);
}

std::string server::url(std::size_t index) const {
    return impl_->url(index);
}

std::string server::reload_certificates() {
    auto wrong = impl_->reload_certificates();
    // Said on a shard's thread, as the log's sink expects.
    auto& first = *core().shards.front();
    if (!wrong.empty())
        first.post([&log = first.log(), wrong] {
            log.write(log_level::error, "certificates were not reloaded: ", wrong);
        });
    return wrong;
}

void server::run() {
    auto& log = core().shards.front()->log();
    if (core().routes()->is_empty())
        log.write(log_level::error,
                  "nothing is mounted, so every request gets 404: call server.mount(...) or "
                  "server.serve_files(...) before server.run()");
    if (socketio::io_core::unmounted() != 0)
        log.write(log_level::info,
                  "a socketio::server is not mounted, so no client reaches it: "
                  "server.mount(\"/socket.io/\", io)");
    if (!impl_->claim_run())
        throw std::logic_error(
            "server::run was called before: a server runs once; make another one");
    begin();
    impl_->run();
}

}  // namespace anywire

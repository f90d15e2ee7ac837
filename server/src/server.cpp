#include <anywire/server.hpp>

#include "acceptor.hpp"
#include "io_host.hpp"
#include "random_pool.hpp"
#include "service_core.hpp"
#include "shard.hpp"
#include "socketio/server/io_core.hpp"

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

void check(tls_options const& tls) {
    require_service_option(!tls.key.empty() || tls.certificate.empty(),
                           "tls.certificate is given without its private key, tls.key");
    require_service_option(
        !tls.certificate.empty() || tls.key.empty(),
        "tls.key is given without the certificate it belongs to, tls.certificate");
}

service_options options_of_service(server_options const& o) {
    require_service_option(o.threads <= most_threads,
                           "threads must be at most 256; 0 is one per core");
    check(o.tls);
    for (auto const& l : o.listeners) check(l.tls);
    return {.limits = o.limits,
            .trusted_proxies = o.trusted_proxies,
            .log = o.log,
            .proxy_style = o.proxy_style,
            .hosts = o.hosts};
}

}  // namespace

class server::impl {
public:
    impl(server_options const& o, service_core& core) : options_(o) {
        auto n = o.threads;
        if (n == 0) n = std::clamp(std::thread::hardware_concurrency(), 1u, most_threads);
        for (unsigned i = 0; i < n; ++i) threads_.push_back(std::make_unique<loop_thread>(i, core));
        listen({o.address, o.port, o.tls});
        for (auto const& l : o.listeners) listen(l);
    }

    std::vector<std::uint16_t> const& ports() const noexcept { return ports_; }
    std::string url(std::size_t index) const {
        auto const& address =
            index == 0 ? options_.address : options_.listeners.at(index - 1).address;
        return url_of(address, ports_.at(index), tls_.at(index) != nullptr);
    }
    /// False when it has been called before.
    bool claim_run() noexcept { return !has_run_.exchange(true); }
    void run() {
        std::vector<std::thread> others;
        for (std::size_t i = 1; i < threads_.size(); ++i)
            others.emplace_back([&t = *threads_[i]] { t.run(); });
        threads_.front()->run();
        for (auto& t : others) t.join();
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
        net::any_io_executor executor() { return context_.get_executor(); }
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

    void listen(listener_options const& l) {
        std::unique_ptr<tls_context> tls;
        if (!l.tls.certificate.empty() || !l.tls.key.empty()) {
            std::string error;
            tls = std::make_unique<tls_context>(l.tls.certificate, l.tls.key, error);
            if (!error.empty()) throw std::invalid_argument(error);
        }
        auto port = l.port;
        auto const shared = threads_.size() > 1;
        if (shared) {
            // SO_REUSEPORT would join another server's port without a word: look first, without it.
            auto const probe = listen_on(threads_.front()->executor(), l.address, port, false);
            port = probe.local_endpoint().port();
        }
        for (auto const& t : threads_) {
            auto socket = listen_on(t->executor(), l.address, port, shared);
            port = socket.local_endpoint().port();
            t->its_shard().add_source(
                std::make_unique<acceptor>(t->its_shard(), std::move(socket), tls.get()));
        }
        ports_.push_back(port);
        tls_.push_back(std::move(tls));
    }

    server_options options_;
    std::vector<std::unique_ptr<loop_thread>> threads_{};
    std::vector<std::unique_ptr<tls_context>> tls_{};  // by listener; null without TLS
    std::vector<std::uint16_t> ports_{};
    std::atomic<bool> has_run_{false};
};

server::server(server_options options)
    : service(options_of_service(options)), impl_(std::make_unique<impl>(options, core())) {}

server::~server() {
    // Sessions and connections die here, when no thread runs any more, before their event loops.
    tear_down();
}

std::uint16_t server::port(std::size_t index) const {
    return impl_->ports().at(index);
}

std::string server::url(std::size_t index) const {
    return impl_->url(index);
}

void server::run() {
    auto& log = core().shards.front()->log();
    if (core().routes.is_empty())
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

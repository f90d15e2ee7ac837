#include <anywire/fault_proxy.hpp>

#include "relay.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <atomic>
#include <future>
#include <mutex>
#include <pthread.h>
#include <random>
#include <stdexcept>
#include <thread>
#include <unordered_map>

namespace anywire::testing {

route_chooser by_prefix(std::vector<prefix_route> routes) {
    std::sort(routes.begin(), routes.end(), [](prefix_route const& a, prefix_route const& b) {
        return a.prefix.size() > b.prefix.size();
    });
    return [routes = std::move(routes)](request_line const& line) {
        for (auto const& r : routes)
            if (line.target.starts_with(r.prefix))
                return proxy_route{r.port, r.prefix, {}, r.is_faulty};
        return proxy_route{};
    };
}

class fault_proxy::impl final : public relay_host {
public:
    explicit impl(fault_proxy_options o) : options_(std::move(o)), counts_(options_.max_keys) {
        if (!options_.choose) throw std::invalid_argument("a fault proxy needs a chooser");
        set_up_tls();
        for (auto const p : options_.ports) {
            auto& a = acceptors_.emplace_back(io_);
            tcp::endpoint const where(net::ip::make_address(options_.address), p);
            a.open(where.protocol());
            a.set_option(net::socket_base::reuse_address(true));
            a.bind(where);
            a.listen();
            ports_.push_back(a.local_endpoint().port());
        }
        for (auto& a : acceptors_) accept(a);
        thread_ = std::thread([this] { run(); });
    }
    ~impl() override {
        net::post(io_, [this] {
            for (auto& a : acceptors_) {
                error_code ignored;
                a.close(ignored);
            }
            retry_.cancel();
            cutter_.cancel();
            for (auto const& r : all()) r->close(true);
            work_.reset();
        });
        thread_.join();
    }

    std::uint16_t port(std::size_t index) const { return ports_.at(index); }

    void set(fault_settings const& s) {
        {
            std::scoped_lock const lock(mutex_);
            shown_ = s;
        }
        do_there([this, s] {
            auto const had = std::exchange(faults_, s);
            for (auto const& r : all()) r->on_settings();
            if (had.cut_every != s.cut_every) arm_cutter();
        });
    }
    fault_settings current() const {
        std::scoped_lock const lock(mutex_);
        return shown_;
    }
    void cut() {
        do_there([this] {
            for (auto const& r : all()) r->cut();
        });
    }
    std::size_t connection_count() const noexcept { return connections_; }
    std::size_t held_bytes() {
        std::size_t sum = 0;
        do_there([this, &sum] {
            for (auto const& [raw, r] : relays_) sum += r->held_bytes();
        });
        return sum;
    }

    // -- relay_host
    fault_proxy_options const& wishes() const noexcept override { return options_; }
    fault_settings const& faults() const noexcept override { return faults_; }
    tallies& counts() noexcept override { return counts_; }
    net::ssl::context* client_tls() noexcept override {
        return options_.certificate.empty() ? nullptr : &client_tls_;
    }
    net::ssl::context* server_tls() noexcept override {
        return options_.server_tls ? &server_tls_ : nullptr;
    }
    pipe::clock::time_point due() override {
        auto wait = faults_.delay;
        if (faults_.jitter.count() > 0)
            wait += std::chrono::milliseconds(
                std::uniform_int_distribution<std::int64_t>(0, faults_.jitter.count())(random_));
        return wait.count() > 0 ? pipe::clock::now() + wait : pipe::clock::time_point{};
    }
    void forget(relay& r) override {
        relays_.erase(&r);
        connections_ = relays_.size();
    }

private:
    void set_up_tls() {
        server_tls_.set_verify_mode(net::ssl::verify_none);
        if (options_.certificate.empty()) return;
        client_tls_.use_certificate_chain_file(options_.certificate);
        client_tls_.use_private_key_file(options_.key, net::ssl::context::pem);
    }

    void run() noexcept {
        ::pthread_setname_np(::pthread_self(), "fault-proxy");
        // Handlers report errors as values; what is thrown is lack of memory. The proxy goes on
        // with the other connections.
        while (!io_.stopped()) {
            try {
                io_.run();
            } catch (...) {
            }
        }
    }

    void accept(tcp::acceptor& at) {
        at.async_accept([this, &at](error_code ec, tcp::socket client) {
            if (ec == net::error::operation_aborted || !at.is_open()) return;
            if (ec) return accept_later(at);  // out of descriptors, most likely
            if (relays_.size() < options_.max_connections) {
                auto const made = std::make_shared<relay>(*this, io_, std::move(client));
                relays_.emplace(made.get(), made);
                connections_ = relays_.size();
                made->start();
            }
            accept(at);
        });
    }
    void accept_later(tcp::acceptor& at) {
        retry_.expires_after(std::chrono::milliseconds(50));
        retry_.async_wait([this, &at](error_code) {
            if (at.is_open()) accept(at);
        });
    }

    void arm_cutter() {
        cutter_.cancel();
        if (faults_.cut_every.count() <= 0) return;
        cutter_.expires_after(faults_.cut_every);
        cutter_.async_wait([this](error_code ec) {
            if (ec) return;
            for (auto const& r : all()) r->cut();
            arm_cutter();
        });
    }

    /// A copy: relays leave the table while it is walked.
    std::vector<std::shared_ptr<relay>> all() const {
        std::vector<std::shared_ptr<relay>> out;
        out.reserve(relays_.size());
        for (auto const& [raw, r] : relays_) out.push_back(r);
        return out;
    }

    /// Runs `f` on the proxy's thread and waits until it has.
    template <class F>
    void do_there(F f) {
        if (std::this_thread::get_id() == thread_.get_id()) return f();
        std::promise<void> done;
        net::post(io_, [&] {
            try {
                f();
            } catch (...) {
            }
            done.set_value();
        });
        done.get_future().wait();
    }

public:
    tallies const& tally_book() const noexcept { return counts_; }

private:
    fault_proxy_options options_;
    tallies counts_;
    net::io_context io_{1};
    net::executor_work_guard<net::io_context::executor_type> work_{io_.get_executor()};
    net::ssl::context client_tls_{net::ssl::context::tls_server};
    net::ssl::context server_tls_{net::ssl::context::tls_client};
    std::vector<tcp::acceptor> acceptors_{};
    std::vector<std::uint16_t> ports_{};
    net::steady_timer retry_{io_};
    net::steady_timer cutter_{io_};
    fault_settings faults_{};
    std::minstd_rand random_{std::random_device{}()};
    std::unordered_map<relay*, std::shared_ptr<relay>> relays_{};
    std::atomic<std::size_t> connections_{0};
    mutable std::mutex mutex_{};
    fault_settings shown_{};
    std::thread thread_{};
};

fault_proxy::fault_proxy(fault_proxy_options o) : impl_(std::make_unique<impl>(std::move(o))) {}
fault_proxy::~fault_proxy() = default;

std::uint16_t fault_proxy::port(std::size_t index) const {
    return impl_->port(index);
}
void fault_proxy::set(fault_settings const& s) {
    impl_->set(s);
}
fault_settings fault_proxy::current() const {
    return impl_->current();
}
void fault_proxy::cut() {
    impl_->cut();
}
traffic fault_proxy::of(std::string_view key) const {
    return impl_->tally_book().of(key);
}
std::vector<std::pair<std::string, traffic>> fault_proxy::below(std::string_view prefix) const {
    return impl_->tally_book().below(prefix);
}
std::size_t fault_proxy::connection_count() const {
    return impl_->connection_count();
}
std::size_t fault_proxy::held_bytes() const {
    return impl_->held_bytes();
}

}  // namespace anywire::testing

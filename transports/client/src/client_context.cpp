#include <anywire/client_context.hpp>
#include <anywire/executors.hpp>

#include "client_tls.hpp"
#include "context_floor.hpp"
#include "io_host.hpp"
#include "random_pool.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace anywire {
namespace {

constexpr auto relaxed = std::memory_order_relaxed;

executors::one const& only_one(executors const& on) {
    if (on.all().size() != 1)
        throw std::invalid_argument("client_context: clients run on one executor, not on several");
    return on.all().front();
}

/// A thread that runs one loop, and what it needs before the loop is made.
struct own_thread {
    net::io_context context{1};
    net::executor_work_guard<net::io_context::executor_type> work{context.get_executor()};
    std::atomic<std::thread::id> id{};
    std::thread thread{};
};

}  // namespace

class client_context::impl final : public context_floor {
public:
    explicit impl(log_sink log)
        : log_(std::move(log)),
          own_(std::make_unique<own_thread>()),
          host_(
              0, log_, random_pool{}, connections_, own_->context.get_executor(), [t = own_.get()] {
                  return std::this_thread::get_id() == t->id.load(relaxed);
              }) {
        host_.start();
        own_->thread = std::thread([this] { run(); });
    }
    impl(executors::one const& on, log_sink log)
        : log_(std::move(log)),
          host_(0, log_, random_pool{}, connections_, on.executor, on.is_here) {
        host_.start();
    }
    ~impl() = default;

    void end() noexcept {
        if (own_) {
            own_->context.stop();
            own_->thread.join();
        }
        host_.end();
        drop_kept();
        // What was posted goes now: it may hold the last of a client, and with it this object.
        if (own_)
            (void)host_.guard("the end of a context", [this] {
                own_->work.reset();
                own_->context.restart();
                own_->context.poll();
            });
    }
    bool is_here() const noexcept { return host_.is_running() && host_.is_here(); }

    // -- context_floor
    io_host& host() noexcept override { return host_; }
    std::shared_ptr<client_tls const> tls(client_tls_options const& options,
                                          std::string& error) override {
        std::scoped_lock const lock(mutex_);
        std::erase_if(tls_, [](auto const& known) { return known.expired(); });
        for (auto const& known : tls_)
            if (auto found = known.lock(); found && found->fits(options)) return found;
        auto made = std::make_shared<client_tls const>(options, error);
        if (!error.empty()) return nullptr;
        tls_.push_back(made);
        return made;
    }

private:
    void run() {
        own_->id = std::this_thread::get_id();
        while (!own_->context.stopped() && !host_.guard("the event loop", [this] {
            host_.sockets().watch();
            own_->context.run();
        })) {
        }
    }

    log_sink const log_;
    std::atomic<std::size_t> connections_{0};
    std::unique_ptr<own_thread> own_{};  // null on an executor of the program's
    io_host host_;
    std::mutex mutex_{};
    std::vector<std::weak_ptr<client_tls const>> tls_{};
};

client_context::client_context(log_sink log) : impl_(std::make_shared<impl>(std::move(log))) {}

client_context::client_context(executors const& on, log_sink log)
    : impl_(std::make_shared<impl>(only_one(on), std::move(log))) {}

client_context::~client_context() {
    impl_->end();
}

void client_context::post(std::function<void()> fn) {
    impl_->host().post(std::move(fn));
}

bool client_context::is_here() const noexcept {
    return impl_->is_here();
}

context_floor& client_access::floor_of(client_context& c) noexcept {
    return *c.impl_;
}

std::shared_ptr<context_floor> client_access::share_floor(client_context& c) noexcept {
    return c.impl_;
}

void client_access::end(std::unique_ptr<client_context> own, std::future<void> finished) {
    if (!own) return;
    auto const is_here = own->is_here();
    auto end = [own = std::move(own), finished = std::move(finished)] { finished.wait(); };
    // A thread cannot wait for its own end.
    if (is_here)
        std::thread(std::move(end)).detach();
    else
        end();
}

}  // namespace anywire

#include "shard.hpp"

#include "connection.hpp"
#include "http_connection.hpp"
#include "http_response.hpp"
#include "random_pool.hpp"

#include <ctime>
#include <utility>

namespace anywire {

using namespace std::chrono_literals;

/// A drain in progress: goodbyes paced over half of the deadline, then waiting.
class shard::drainer final : public timer_node {
public:
    drainer(shard& s, tick deadline_in) : shard_(s), until_(s.loop().now() + deadline_in) {
        std::size_t sessions = 0;
        for (auto const& e : s.endpoints_) sessions += e->size();
        auto const turns = deadline_in / 2 + 1;
        pace_ = sessions / turns + 1;
        on_timer(s.loop().now());
    }

    void on_timer(tick now) override {
        bool more = false;
        for (auto const& e : shard_.endpoints_) more = e->shut_down_some(pace_) || more;
        shard_.loop().flush();
        if (!more) shard_.for_each_connection([](connection& c) { c.on_shutdown(); });
        // Others may still need this shard: what came to them in the last moment belongs here.
        // Nobody can come back to a session that has no connection: it is not waited for.
        auto const idle = !more && !shard_.has_connections();
        auto& idle_shards = shard_.core_.idle_shards;
        if (idle != std::exchange(counted_, idle)) idle ? ++idle_shards : --idle_shards;
        auto const all_idle = idle_shards == shard_.core_.shards.size() && shard_.core_.moving == 0;
        if (all_idle || not_after(until_, now)) return shard_.finish();
        shard_.loop().wheel().arm(*this, now + 1);
    }

private:
    shard& shard_;
    tick until_;
    std::size_t pace_ = 1;
    bool counted_ = false;  // among the idle ones
};

shard::shard(unsigned index, server_core& core)
    : io_host(index, core.options.log, random_pool{}, core.connections),
      index_(index),
      core_(core),
      work_(context().get_executor()),
      opening_(0, keyed_hash{core.hash_key}) {
    log_slower_than(core.options.limits.slow_event);
    loop().ask_is_here(
        [](void const* self) noexcept {
            // Set up and torn down on whatever thread.
            auto const& s = *static_cast<shard const*>(self);
            return s.thread_.load(std::memory_order_relaxed) == std::thread::id{} || s.is_here();
        },
        this);
}

shard::~shard() {
    tear_down();
}

void shard::tear_down() noexcept {
    drainer_.reset();
    close_listeners();
    endpoints_.clear();  // sessions go before the connections they hold
    errands_.tear_down();
}

std::string_view shard::date_field() {
    if (!date_.empty() && !not_after(date_until_, loop().now())) return date_;
    auto const text = http::http_date(std::time(nullptr));
    date_.assign("Date: ").append(text.data(), text.size()).append("\r\n");
    date_until_ = loop().now() + to_ticks(1s);
    return date_;
}

void shard::run() {
    thread_ = std::this_thread::get_id();
    for (auto const& a : acceptors_) a->start();
    run_events();
    *ended_ = true;
    turn_arrivals_away();
    for_each_connection([](connection& c) { c.cut(); });
    thread_ = std::thread::id{};
}

void shard::adopt(arrival a) {
    {
        std::scoped_lock const lock(arriving_);
        if (has_ended_) return;
        ++core_.moving;
        arrivals_.push_back(std::move(a));
    }
    post([this] { begin_arrived(); });
}

void shard::begin_arrived() {
    std::unique_lock lock(arriving_);
    auto a = std::move(arrivals_.front());
    arrivals_.pop_front();
    lock.unlock();
    struct arrived {
        std::atomic<std::size_t>& moving;
        ~arrived() { --moving; }
    } const counted{core_.moving};
    (new http_connection(*this, std::move(a.stream), std::move(a.address), std::move(a.ticket)))
        ->start(std::move(a.bytes));
}

/// What waits in a loop that has ended would keep its clients waiting.
void shard::turn_arrivals_away() {
    std::scoped_lock const lock(arriving_);
    has_ended_ = true;
    core_.moving -= arrivals_.size();
    arrivals_.clear();
}

void shard::close_listeners() noexcept {
    for (auto const& a : acceptors_) a->close();
}

void shard::stop_now() {
    draining_ = true;
    close_listeners();
    for (auto const& e : endpoints_) (void)e->shut_down_some(e->size());
    loop().flush();
    finish();
}

void shard::drain(tick deadline_in) {
    if (draining_) return;
    draining_ = true;
    close_listeners();
    drainer_ = std::make_unique<drainer>(*this, deadline_in);
}

void shard::finish() {
    for (auto const& e : endpoints_) e->abandon_all();
    loop().flush();
    sockets().stop();
    context().stop();
}

}  // namespace anywire

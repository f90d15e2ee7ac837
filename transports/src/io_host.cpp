#include "io_host.hpp"

#include "connection.hpp"

#include <time.h>

namespace anywire {

using namespace std::chrono_literals;

io_host::io_host(unsigned shard,
                 log_sink const& log,
                 session_loop::entropy random,
                 std::atomic<std::size_t>& connections,
                 net::any_io_executor executor,
                 std::function<bool()> is_here)
    : shard_host(shard, log, std::move(random)),
      executor_(std::move(executor)),
      is_here_(std::move(is_here)),
      sockets_(executor_, alive_),
      started_(std::chrono::steady_clock::now()),
      connections_(connections),
      timer_(executor_) {}

io_host::~io_host() {
    *alive_ = false;
    for_each_connection([](connection& c) { delete &c; });
}

std::chrono::nanoseconds io_host::coarse_clock() const noexcept {
    // Read from shared memory without a system call; 4 ms late is early enough.
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec) -
           started_.time_since_epoch();
}

/// When a tick begins: the one nearest to now of all that share its number.
std::chrono::steady_clock::time_point io_host::time_of(tick t) const noexcept {
    auto const turn = (std::chrono::steady_clock::now() - started_) / tick_length;
    return started_ + tick_length * (turn + static_cast<std::int32_t>(t - static_cast<tick>(turn)));
}

void io_host::release_scratch() noexcept {
    give_back(out_, read_size);
}

void io_host::schedule() {
    auto const next = loop().wheel().earliest();
    if (!next || graced_ || (armed_ && not_after(armed_for_, *next)) || !*alive_) return;
    armed_ = false;  // until it is
    wait_until(time_of(*next));
    armed_for_ = *next;
    armed_ = true;
}

void io_host::wait_until(std::chrono::steady_clock::time_point when) {
    timer_.expires_at(when);
    timer_.async_wait([this, alive = alive_](boost::system::error_code ec) {
        if (!ec && *alive) on_timer();
    });
}

void io_host::on_timer() {
    armed_ = false;
    auto const time = std::chrono::steady_clock::now();
    auto const now = static_cast<tick>((time - started_) / tick_length);
    numbers().delay.add(time - timer_.expiry());
    // A process that was stopped finds every deadline passed, and its sockets full of signs of
    // life that it has not read. One second of grace lets them speak first.
    auto const late = tick_length * static_cast<std::int32_t>(now - armed_for_);
    if (late > 2s && !graced_) {
        loop().set_now(now);
        wait_until(time + 1s);
        armed_for_ = now + to_ticks(1s);
        graced_ = armed_ = true;
        return;
    }
    graced_ = false;
    begin_event("timers");
    (void)guard("timers", [&] { loop().advance(now); });
    end_event();
}

void io_host::end() noexcept {
    set_ended();
    *alive_ = false;
    for_each_connection([](connection& c) { c.cut(); });
    sockets_.close();
    boost::system::error_code ignored;
    timer_.cancel(ignored);
}

void io_host::shut_down_connections() {
    for_each_connection([](connection& c) { c.on_shutdown(); });
}

void io_host::enlist(connection& c) noexcept {
    connections_.fetch_add(1, std::memory_order_relaxed);
    c.next_ = first_;
    c.previous_ = nullptr;
    if (first_) first_->previous_ = &c;
    first_ = &c;
}

void io_host::delist(connection& c) noexcept {
    connections_.fetch_sub(1, std::memory_order_relaxed);
    if (c.next_) c.next_->previous_ = c.previous_;
    (c.previous_ ? c.previous_->next_ : first_) = c.next_;
    c.next_ = c.previous_ = nullptr;
}

}  // namespace anywire

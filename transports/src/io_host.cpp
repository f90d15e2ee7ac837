#include "io_host.hpp"

#include "connection.hpp"

#include <time.h>

namespace anywire {

using namespace std::chrono_literals;

io_host::io_host(unsigned shard,
                 log_sink const& log,
                 session_loop::entropy random,
                 std::atomic<std::size_t>& connections)
    : started_(std::chrono::steady_clock::now()),
      loop_(shard, 0, log, std::move(random)),
      connections_(connections) {}

io_host::~io_host() {
    for_each_connection([](connection& c) { delete &c; });
}

tick io_host::clock_tick() const noexcept {
    // The coarse clock is read from shared memory without a system call; 4 ms late is early enough.
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    auto const since = std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec) -
                       started_.time_since_epoch();
    return since.count() < 0 ? 0 : static_cast<tick>(since / tick_length);
}

void io_host::begin_event() noexcept {
    auto const now = clock_tick();
    if (not_after(loop_.now(), now)) loop_.set_now(now);
    // A wheel with nothing on it has not been turned since; what is armed next counts from today.
    if (!loop_.wheel().earliest()) loop_.wheel().advance(loop_.now());
}

/// When a tick begins: the one nearest to now of all that share its number.
std::chrono::steady_clock::time_point io_host::time_of(tick t) const noexcept {
    auto const turn = (std::chrono::steady_clock::now() - started_) / tick_length;
    return started_ + tick_length * (turn + static_cast<std::int32_t>(t - static_cast<tick>(turn)));
}

void io_host::end_event() {
    if (!loop_.flush()) post([] {});
    loop_.release_scratch();
    give_back(out_, read_size);
    schedule();
}

void io_host::schedule() {
    auto const next = loop_.wheel().earliest();
    if (!next || graced_ || (armed_ && not_after(armed_for_, *next))) return;
    armed_ = true;
    armed_for_ = *next;
    timer_.expires_at(time_of(armed_for_));
    timer_.async_wait([this](boost::system::error_code ec) {
        if (!ec) on_timer();
    });
}

void io_host::on_timer() {
    armed_ = false;
    auto const now = static_cast<tick>((std::chrono::steady_clock::now() - started_) / tick_length);
    // A process that was stopped finds every deadline passed, and its sockets full of signs of
    // life that it has not read. One second of grace lets them speak first.
    auto const late = tick_length * static_cast<std::int32_t>(now - armed_for_);
    if (late > 2s && !graced_) {
        graced_ = true;
        loop_.set_now(now);
        armed_ = true;
        armed_for_ = now + to_ticks(1s);
        timer_.expires_after(1s);
        timer_.async_wait([this](boost::system::error_code ec) {
            if (!ec) on_timer();
        });
        return;
    }
    graced_ = false;
    loop_.advance(now);
    end_event();
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

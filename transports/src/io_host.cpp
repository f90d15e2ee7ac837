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

std::chrono::nanoseconds io_host::coarse_clock() const noexcept {
    // Read from shared memory without a system call; 4 ms late is early enough.
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec) -
           started_.time_since_epoch();
}

void io_host::begin_event(char const* what) noexcept {
    auto const since = coarse_clock();
    auto const now = since.count() < 0 ? 0 : static_cast<tick>(since / tick_length);
    if (not_after(loop_.now(), now)) loop_.set_now(now);
    // A wheel with nothing on it has not been turned since; what is armed next counts from today.
    if (!loop_.wheel().earliest()) loop_.wheel().advance(loop_.now());
    if (depth_++ != 0) return;
    began_ = since;
    doing_ = what;
    loop_.forget_called();
}

/// When a tick begins: the one nearest to now of all that share its number.
std::chrono::steady_clock::time_point io_host::time_of(tick t) const noexcept {
    auto const turn = (std::chrono::steady_clock::now() - started_) / tick_length;
    return started_ + tick_length * (turn + static_cast<std::int32_t>(t - static_cast<tick>(turn)));
}

void io_host::end_event() noexcept {
    (void)guard("the end of an event", [this] {
        if (!loop_.flush()) post([] {});
    });
    loop_.release_scratch();
    give_back(out_, read_size);
    (void)guard("the end of an event", [this] { schedule(); });
    if (--depth_ == 0 && slow_.count() != 0) log_if_slow();
}

void io_host::log_if_slow() noexcept {
    auto const took = coarse_clock() - began_;
    if (took < slow_) return;
    auto const id = loop_.called();
    log().write(log_level::error,
                "an event held its shard for ",
                std::chrono::duration_cast<std::chrono::milliseconds>(took).count(),
                " ms (server_limits::slow_event): ",
                doing_,
                id.empty() ? "" : ", last in a handler of session ",
                id);
}

void io_host::schedule() {
    auto const next = loop_.wheel().earliest();
    if (!next || graced_ || (armed_ && not_after(armed_for_, *next))) return;
    armed_ = false;  // until it is
    timer_.expires_at(time_of(*next));
    timer_.async_wait([this](boost::system::error_code ec) {
        if (!ec) on_timer();
    });
    armed_for_ = *next;
    armed_ = true;
}

void io_host::on_timer() {
    armed_ = false;
    auto const now = static_cast<tick>((std::chrono::steady_clock::now() - started_) / tick_length);
    // A process that was stopped finds every deadline passed, and its sockets full of signs of
    // life that it has not read. One second of grace lets them speak first.
    auto const late = tick_length * static_cast<std::int32_t>(now - armed_for_);
    if (late > 2s && !graced_) {
        loop_.set_now(now);
        timer_.expires_after(1s);
        timer_.async_wait([this](boost::system::error_code ec) {
            if (!ec) on_timer();
        });
        armed_for_ = now + to_ticks(1s);
        graced_ = armed_ = true;
        return;
    }
    graced_ = false;
    begin_event("timers");
    (void)guard("timers", [&] { loop_.advance(now); });
    end_event();
}

void io_host::run_events() noexcept {
    // Only what is between events can throw up to here: the loop's own bookkeeping, without memory.
    while (!guard("the event loop", [this] {
        sockets_.watch();
        context_.run();
    })) {
    }
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

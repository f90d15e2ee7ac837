#include "session/shard_host.hpp"

#include <algorithm>
#include <utility>

namespace anywire {
namespace {

constinit thread_local host_turn* current_turn = nullptr;

tick tick_of(std::chrono::nanoseconds since) noexcept {
    return since.count() < 0 ? 0 : static_cast<tick>(since / tick_length);
}

}  // namespace

host_turn::host_turn() noexcept : outer_(std::exchange(current_turn, this)) {}

host_turn::~host_turn() {
    is_over_ = true;
    for (std::size_t i = 0; i < count_; ++i)
        if (auto* const h = others_[i]) h->take_turn();
    current_turn = outer_;
}

bool host_turn::add(shard_host& h) noexcept {
    if (is_over_ || count_ == others_.size()) return false;
    others_[count_++] = &h;
    return true;
}

void host_turn::forget(shard_host& h) noexcept {
    std::replace(others_.begin(), others_.end(), &h, static_cast<shard_host*>(nullptr));
}

shard_host::~shard_host() {
    if (current_turn) current_turn->forget(*this);
}

shard_host::shard_host(unsigned shard, log_sink const& log, session_loop::entropy random)
    : loop_(shard, 0, log, std::move(random)) {
    loop_.set_owner(*this);
}

void shard_host::begin_event(char const* what) noexcept {
    auto const since = coarse_clock();
    auto const now = tick_of(since);
    if (not_after(loop_.now(), now)) loop_.set_now(now);
    // A wheel with nothing on it has not been turned since; what is armed next counts from today.
    if (!loop_.wheel().earliest()) loop_.wheel().advance(loop_.now());
    if (depth_++ != 0) return;
    loop_.set_in_event(true);
    if (--until_timed_ == 0) {
        until_timed_ = timed_every;
        loop_.set_timing(true);
    }
    began_ = since;
    doing_ = what;
    loop_.forget_called();
}

void shard_host::end_event() noexcept {
    (void)guard("the end of an event", [this] {
        if (!loop_.flush()) post([] {});
    });
    loop_.release_scratch();
    release_scratch();
    (void)guard("the end of an event", [this] { schedule(); });
    if (--depth_ != 0) return;
    loop_.set_timing(false);
    loop_.set_in_event(false);
    if (slow_.count() != 0) log_if_slow();
}

/// The event that `on_dirty` has asked for.
void shard_host::take_turn() noexcept {
    if (!is_running()) return;
    if (!is_here()) return post_turn();
    begin_event("what another host did");
    will_flush_ = false;
    end_event();
}

void shard_host::post_turn() noexcept {
    will_flush_ = guard("a session", [this] { post([this] { will_flush_ = false; }); });
}

void shard_host::run_task(task& t) noexcept {
    begin_event("a posted function");
    (void)guard("a posted function", [&] { t.run(); });
    end_event();
}

/// Something outside of every event has used a session: what that queued leaves in one of its own.
/// Until that, the time stays what it was told to be, as it does within an event.
tick shard_host::on_dirty() noexcept {
    if (will_flush_) return loop_.now();
    auto const now = tick_of(coarse_clock());
    if (!is_running()) return now;
    if (current_turn && current_turn->add(*this))
        will_flush_ = true;
    else
        post_turn();
    return now;
}

void shard_host::log_if_slow() noexcept {
    auto const took = coarse_clock() - began_;
    if (took < slow_) return;
    numbers_.slow_events.add();
    auto const id = loop_.called();
    log().write(log_level::error,
                "an event held its shard for ",
                std::chrono::duration_cast<std::chrono::milliseconds>(took).count(),
                " ms (server_limits::slow_event): ",
                doing_,
                id.empty() ? "" : ", last in a handler of session ",
                id);
}

}  // namespace anywire

#pragma once

#include "session/session_loop.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <utility>

namespace anywire {

/// Something that a client does at a time, unless that is moved or called off.
class client_deadline final : public timer_node {
public:
    /// `fn` may destroy this object, as the last thing that it does.
    client_deadline(session_loop& loop, std::function<void()> fn)
        : loop_(&loop), fn_(std::move(fn)) {}

    void set(std::chrono::milliseconds delay) noexcept {
        due_ = loop_->now() + to_ticks(delay);
        loop_->wheel().arm(*this, *due_);
    }
    /// In the next turn of timers.
    void set_soon() noexcept { set(std::chrono::milliseconds{0}); }
    void clear() noexcept { due_.reset(); }
    bool is_set() const noexcept { return due_.has_value(); }

    void on_timer(tick now) override {
        if (!due_) return;
        if (!not_after(*due_, now)) return loop_->wheel().arm(*this, *due_);
        due_.reset();
        fn_();
    }

private:
    session_loop* loop_;
    std::function<void()> fn_;
    std::optional<tick> due_{};
};

}  // namespace anywire

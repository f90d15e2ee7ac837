#pragma once

#include "session/session_loop.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <new>
#include <optional>
#include <type_traits>

namespace anywire {

/// Something that a client does at a time, unless that is moved or called off. Idle clients are
/// many, so it is small: its function is one pointer.
class client_deadline final : public timer_node {
public:
    /// `fn` may destroy this object, as the last thing that it does.
    template <class Function>
    client_deadline(session_loop& loop, Function fn) noexcept
        : loop_(&loop), call_(&call<Function>) {
        static_assert(sizeof fn <= sizeof(void*) && alignof(Function) <= alignof(void*) &&
                      std::is_trivially_copyable_v<Function> &&
                      std::is_trivially_destructible_v<Function>);
        new (kept_.data()) Function(fn);
    }

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
        alignas(void*) auto kept = kept_;  // it may destroy this object
        call_(kept.data());
    }

private:
    template <class Function>
    static void call(std::byte* kept) {
        (*std::launder(reinterpret_cast<Function*>(kept)))();
    }

    std::optional<tick> due_{};
    session_loop* loop_;
    void (*call_)(std::byte*);
    alignas(void*) std::array<std::byte, sizeof(void*)> kept_{};
};

}  // namespace anywire

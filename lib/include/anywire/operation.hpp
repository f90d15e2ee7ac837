#pragma once

#include <anywire/error.hpp>
#include <anywire/session.hpp>
#include <anywire/task.hpp>

#include <atomic>
#include <chrono>
#include <coroutine>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

// GCC 12 crashes now and then where it inlines a function whose result is awaited.
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
#define ANYWIRE_AWAITED [[gnu::noinline]]
#else
#define ANYWIRE_AWAITED
#endif

namespace anywire {
namespace detail {

/// Where the outcome of an operation is left for the coroutine that awaits it. It lives in the
/// coroutine's frame.
template <class T>
class outcome {
public:
    outcome() noexcept = default;
    outcome(outcome const&) = delete;
    outcome& operator=(outcome const&) = delete;

    std::optional<T> value{};
    std::coroutine_handle<> waiting{};
    /// Both who begins the operation and who ends it come by: the second goes on.
    bool is_second() noexcept { return turn_.exchange(true, std::memory_order_acq_rel); }

private:
    std::atomic<bool> turn_{false};
};

template <class T>
inline constexpr bool is_result = false;
template <class T>
inline constexpr bool is_result<result<T>> = true;

/// Who may end an operation, once. It owns the coroutine that awaits it.
template <class T>
class completion {
public:
    completion(std::shared_ptr<coroutine_root> of, outcome<T>& to, poster home) noexcept
        : of_(std::move(of)), to_(&to), home_(std::move(home)) {}
    completion(completion const&) = delete;
    completion& operator=(completion const&) = delete;
    ~completion() {
        // Nobody will call: where the coroutine can be told, it is; else it goes with this.
        if constexpr (is_result<T>) {
            if (!home_) return;
            try {
                complete(boost::system::in_place_error,
                         boost::system::errc::operation_canceled,
                         boost::system::generic_category());
            } catch (...) {  // no memory to say so
            }
        }
    }

    template <class... A>
    void complete(A&&... value) {
        if (is_done_.exchange(true)) return;
        to_->value.emplace(std::forward<A>(value)...);
        auto const of = std::move(of_);
        if (!to_->is_second()) return;
        if (!home_) return of->resume(to_->waiting);
        home_([of, waiting = to_->waiting] { of->resume(waiting); });
    }

private:
    std::shared_ptr<coroutine_root> of_;
    outcome<T>* to_;
    poster home_;
    std::atomic<bool> is_done_{false};
};

}  // namespace detail

/// Something that takes a while, to be awaited once in a `task`. It begins when it is awaited.
template <class T, class Begin>
class [[nodiscard]] operation {
public:
    /// `begin(done)` begins it; `done(value...)` ends it, at once or later. Where the thread may be
    /// another one then, `from_anywhere` brings the coroutine home.
    operation(Begin begin, bool from_anywhere)
        : begin_(std::move(begin)), from_anywhere_(from_anywhere) {}

    bool await_ready() const noexcept { return false; }
    template <detail::promise_of_task Promise>
    bool await_suspend(std::coroutine_handle<Promise> by) {
        auto& root = *by.promise().root;
        to_.waiting = by;
        auto const ends = std::make_shared<detail::completion<kept>>(
            root.shared_from_this(), to_, from_anywhere_ ? root.make_poster() : detail::poster{});
        // It may end on another thread before `begin` has returned, but not go on then: this object
        // is there until `is_second` says who does.
        begin_(
            [ends](auto&&... value) { ends->complete(std::forward<decltype(value)>(value)...); });
        return !to_.is_second();
    }
    T await_resume() {
        if constexpr (!std::is_void_v<T>) return std::move(*to_.value);
    }

private:
    using kept = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

    Begin begin_;
    bool from_anywhere_;
    detail::outcome<kept> to_{};
};

namespace detail {

/// GCC 12 destroys some temporaries of a `co_await` expression twice: aggregates, and what lambdas
/// have captured (chriskohlhoff/asio#1007).
template <class Given>
constexpr void check_temporary() {
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
    using type = std::remove_cvref_t<Given>;
    constexpr bool is_safe = std::is_lvalue_reference_v<Given> ||
                             std::is_trivially_destructible_v<type> ||
                             !(std::is_aggregate_v<type> || requires { &type::operator(); });
    static_assert(
        is_safe,
        "this compiler destroys such a temporary twice in a co_await expression (GCC 12): "
        "give the lambda or the struct a name first, and pass that");
#endif
}

}  // namespace detail

/// Awaits what ends by a callback of the program's own: a query in a pool of threads, say.
/// `begin(done)` is called when it is awaited. `done` is a function that can be copied and takes
/// what a `T` is made of (nothing for `void`); the first call counts, from any thread. When all
/// copies of it have gone and none was called, a `result<T>` is `operation_canceled`, and the
/// coroutine of another `T` is destroyed.
///
/// The coroutine goes on on its session's shard; without a session, where `done` was called.
/// On GCC 12 `begin` is an object with a name, for a lambda written into the `co_await` expression
/// would be destroyed twice.
template <class T, class Begin>
[[nodiscard]] ANYWIRE_AWAITED auto from_callback(Begin&& begin) {
    detail::check_temporary<Begin>();
    return operation<T, std::decay_t<Begin>>(std::forward<Begin>(begin), true);
}

/// Waits for `delay`, rounded up to 25 ms. A coroutine whose session closes first is destroyed.
ANYWIRE_AWAITED inline auto session::async_wait(std::chrono::milliseconds delay) {
    auto begin = [this, delay](auto done) { after(delay, [done](session&) { done(); }); };
    return operation<void, decltype(begin)>(std::move(begin), false);
}

}  // namespace anywire

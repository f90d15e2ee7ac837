#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <type_traits>
#include <utility>

namespace anywire {
namespace handler_checks {

/// Whether a function can be empty, and is: a `std::function`, a pointer.
template <class F>
[[nodiscard]] bool is_empty_function(F const& f) {
    if constexpr (std::is_constructible_v<F, std::nullptr_t> && requires { f == nullptr; })
        return f == nullptr;
    else
        return false;
}

/// What a coroutine that is a handler returns: `anywire::task<>` (anywire/task.hpp), which says how
/// it becomes a function that returns nothing.
template <class Result>
inline constexpr bool is_task = false;
template <template <class> class Task, class T>
inline constexpr bool is_task<Task<T>> = requires {
    typename Task<T>::promise_type;
    &Task<T>::start;
};

/// What the compiler says of a function whose parameters do not fit. Specialised for the signatures
/// that have a name for what they take.
template <class Signature>
struct handler_shape {
    template <bool Fits>
    static constexpr void check() {
        static_assert(Fits, "this handler's parameters are those of `handler<void(...)>` here");
    }
};

/// Says what is wrong with a function that is to be called with `A...`; true if nothing is.
template <class F, class... A>
constexpr bool check_handler() {
    if constexpr (!std::is_invocable_v<F&, A...>) {
        handler_shape<void(A...)>::template check<false>();
        return false;
    } else {
        using result = std::invoke_result_t<F&, A...>;
        constexpr auto returns_nothing = std::is_void_v<result> || is_task<result>;
        static_assert(returns_nothing,
                      "a handler returns nothing, or anywire::task<> (anywire/coro.hpp) if it is a "
                      "coroutine: nobody would look at a value");
        static_assert(std::is_copy_constructible_v<F>,
                      "a handler is copied: capture a std::shared_ptr instead of what cannot be");
        return returns_nothing && std::is_copy_constructible_v<F>;
    }
}

}  // namespace handler_checks

template <class Signature>
class handler;

/// A `std::function` for what the application is told: one that returns nothing. What does not fit
/// is one sentence of the compiler's.
///
/// Borrow: as a `std::function` does. Copy it as what it is (`auto`): a `std::function` made of an
///         empty one is not empty.
template <class... A>
class handler<void(A...)> : public std::function<void(A...)> {
    using base = std::function<void(A...)>;

public:
    handler() noexcept = default;
    handler(std::nullptr_t) noexcept {}
    template <class F>
    requires(!std::derived_from<std::decay_t<F>, handler>) handler(F&& f)
        : base(checked(std::forward<F>(f))) {}

    /// The plain function, moved out.
    [[nodiscard]] base take() && noexcept { return static_cast<base&&>(*this); }

private:
    template <class F>
    static base checked(F&& f) {
        using function = std::decay_t<F>;
        if constexpr (!handler_checks::check_handler<function, A...>()) {
            return {};
        } else {
            using result = std::invoke_result_t<function&, A...>;
            if constexpr (handler_checks::is_task<result>)
                return handler_checks::is_empty_function(f)
                           ? base{}
                           : base(result::template as_handler<A...>(function(std::forward<F>(f))));
            else
                return base(std::forward<F>(f));
        }
    }
};

}  // namespace anywire

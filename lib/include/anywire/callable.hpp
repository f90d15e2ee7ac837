#pragma once

#include <cstddef>
#include <tuple>
#include <type_traits>

/// What the signatures of the application's functions say.
namespace anywire::detail {

template <class... T>
struct type_list {
    static constexpr std::size_t size = sizeof...(T);
};

/// Takes a function's type apart.
template <class R, class... A>
struct callable_as {
    using result = R;
    using raw_parameters = type_list<A...>;
    using parameters = std::tuple<std::decay_t<A>...>;
};

template <class T>
struct callable : callable<decltype(&T::operator())> {};
template <class R, class... A>
struct callable<R(A...)> : callable_as<R, A...> {};
template <class R, class... A>
struct callable<R(A...) noexcept> : callable_as<R, A...> {};
template <class R, class... A>
struct callable<R (*)(A...)> : callable_as<R, A...> {};
template <class R, class... A>
struct callable<R (*)(A...) noexcept> : callable_as<R, A...> {};
template <class C, class R, class... A>
struct callable<R (C::*)(A...)> : callable_as<R, A...> {};
template <class C, class R, class... A>
struct callable<R (C::*)(A...) const> : callable_as<R, A...> {};
template <class C, class R, class... A>
struct callable<R (C::*)(A...) noexcept> : callable_as<R, A...> {};
template <class C, class R, class... A>
struct callable<R (C::*)(A...) const noexcept> : callable_as<R, A...> {};
template <class C, class R, class... A>
struct callable<R (C::*)(A...)&> : callable_as<R, A...> {};
template <class C, class R, class... A>
struct callable<R (C::*)(A...) const&> : callable_as<R, A...> {};
template <class C, class R, class... A>
struct callable<R (C::*)(A...)& noexcept> : callable_as<R, A...> {};
template <class C, class R, class... A>
struct callable<R (C::*)(A...) const& noexcept> : callable_as<R, A...> {};

/// Whether a function has one signature that can be looked at.
template <class F>
concept plain_callable = std::is_function_v<std::remove_pointer_t<F>> || requires {
    &F::operator();
};

}  // namespace anywire::detail

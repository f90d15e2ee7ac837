#pragma once

#include <anywire/callable.hpp>
#include <anywire/error.hpp>
#include <anywire/handler.hpp>
#include <anywire/socketio/ack.hpp>

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

namespace anywire::socketio {

class client_socket;
class socket;

/// What the signatures of the application's functions say.
namespace detail {

using anywire::detail::callable;
using anywire::detail::plain_callable;
using anywire::detail::type_list;

template <class T>
inline constexpr bool is_ack = false;
template <class... T>
inline constexpr bool is_ack<ack<T...>> = true;

/// Whether a value only points at the packet it came in.
template <class T>
inline constexpr bool is_lent = std::is_same_v<T, arguments> || std::is_same_v<T, json_view>;

/// A socket of either side.
template <class T>
inline constexpr bool is_socket =
    std::is_same_v<std::remove_cv_t<std::remove_pointer_t<T>>, socket> ||
    std::is_same_v<std::remove_cv_t<std::remove_pointer_t<T>>, client_socket>;

/// The parameters of a handler, taken apart: a leading `socket&`, values, a trailing `ack`.
template <class Tuple>
struct signature;
template <class... A>
struct signature<std::tuple<A...>> {
    static constexpr std::size_t count = sizeof...(A);
    template <std::size_t I>
    using at = std::tuple_element_t<I, std::tuple<A...>>;

    static constexpr bool takes_socket = [] {
        if constexpr (count == 0)
            return false;
        else
            return is_socket<at<0>> && !std::is_pointer_v<at<0>>;
    }();
    static constexpr bool takes_ack = [] {
        if constexpr (count == 0)
            return false;
        else
            return is_ack<at<count - 1>>;
    }();
    static constexpr std::size_t first = takes_socket ? 1 : 0;
    static constexpr std::size_t values = count - first - (takes_ack ? 1 : 0);

    template <std::size_t... I>
    static std::tuple<at<first + I>...> values_of(std::index_sequence<I...>);
    using value_tuple = decltype(values_of(std::make_index_sequence<values>{}));
};

// -- what is wrong with one -----------------------------------------------------------------------

/// What a handler answers with.
template <class T>
constexpr bool check_answer() {
    if constexpr (std::is_same_v<T, arguments>)
        return true;
    else
        return check_writable<T>();
}
template <class... T>
constexpr bool check_ack(std::type_identity<ack<T...>>) {
    return (check_answer<T>() && ...);
}

/// One parameter of a handler; `Index` of `Count`. One sentence for each.
template <class P, std::size_t Index, std::size_t Count>
constexpr bool check_parameter() {
    using type = std::decay_t<P>;
    constexpr bool is_reference = std::is_lvalue_reference_v<P>;
    constexpr bool can_be_bound = !is_reference || std::is_const_v<std::remove_reference_t<P>>;
    if constexpr (is_socket<type>) {
        constexpr bool is_first_reference = Index == 0 && is_reference && !std::is_pointer_v<type>;
        static_assert(is_first_reference, "the socket is the first parameter: socket&");
        return is_first_reference;
    } else if constexpr (is_ack<type>) {
        constexpr bool is_last = Index + 1 == Count;
        static_assert(is_last, "there is one ack<...>, and it is the last parameter");
        static_assert(!is_last || can_be_bound, "take the ack<...> by value");
        if constexpr (is_last && can_be_bound) return check_ack(std::type_identity<type>{});
        return false;
    } else if constexpr (!can_be_bound) {
        static_assert(can_be_bound,
                      "take values by value or as const&: they are the handler's own");
        return false;
    } else if constexpr (std::is_same_v<type, error_code>) {
        static_assert(!std::is_same_v<type, error_code>,
                      "an error_code is the first parameter of what takes an acknowledgement, and "
                      "no handler's of events");
        return false;
    } else if constexpr (std::is_same_v<type, arguments>) {
        return true;
    } else {
        return check_readable<type>();
    }
}

template <class... P, std::size_t... I>
constexpr bool check_parameters(type_list<P...>, std::index_sequence<I...>) {
    return (check_parameter<P, I, sizeof...(P)>() && ...);
}

/// The parameters of what takes an acknowledgement; `P` without the leading `error_code`.
template <class P>
constexpr bool check_answer_parameter() {
    using type = std::decay_t<P>;
    constexpr bool is_value = !is_socket<type> && !is_ack<type>;
    if constexpr (!is_value) {
        static_assert(is_value,
                      "what takes an acknowledgement gets an error_code if it wants, then values: "
                      "capture the socket");
        return false;
    } else {
        return check_parameter<P, 0, 1>();
    }
}
template <class... P>
constexpr bool check_answer_parameters(type_list<P...>) {
    return (check_answer_parameter<P>() && ...);
}
template <class E, class... P>
requires std::is_same_v<std::decay_t<E>, error_code>
constexpr bool check_answer_parameters(type_list<E, P...>) {
    constexpr bool can_be_bound =
        !std::is_lvalue_reference_v<E> || std::is_const_v<std::remove_reference_t<E>>;
    static_assert(can_be_bound, "take the error_code by value");
    return can_be_bound && check_answer_parameters(type_list<P...>{});
}

/// Whether a function is a coroutine that may be a handler.
template <class F>
inline constexpr bool returns_task = handler_checks::is_task<typename callable<F>::result>;

/// What every function of the application's has to be, whatever its parameters are.
template <class F, bool MayBeTask>
constexpr bool check_function() {
    constexpr bool has_types = plain_callable<F>;
    if constexpr (!has_types) {
        static_assert(
            has_types,
            "a handler is a lambda or a function whose parameters have types: no auto, no "
            "overloads");
        return false;
    } else {
        constexpr bool returns_nothing =
            std::is_void_v<typename callable<F>::result> || (MayBeTask && returns_task<F>);
        constexpr bool can_be_copied = std::is_copy_constructible_v<F>;
        static_assert(returns_nothing,
                      "a handler returns nothing, or anywire::task<> (anywire/coro.hpp) if it is a "
                      "coroutine: answer through a last parameter ack<...>");
        static_assert(can_be_copied,
                      "a handler is copied: capture a std::shared_ptr instead of what cannot be");
        return returns_nothing && can_be_copied;
    }
}

/// What a coroutine may have as parameters: what lives as long as it does.
template <class... P>
constexpr bool check_kept(type_list<P...>) {
    constexpr bool keeps_no_view = (!is_lent<std::decay_t<P>> && ...);
    static_assert(keeps_no_view,
                  "an event's bytes are lent for the call, and a coroutine lives longer: take a "
                  "json_value or a type of yours, not a json_view or arguments");
    return keeps_no_view;
}

/// Whether a socket that leads the parameters is one of the side that hears the event.
template <class Socket>
constexpr bool check_side(type_list<>) {
    return true;
}
template <class Socket, class First, class... P>
constexpr bool check_side(type_list<First, P...>) {
    using type = std::decay_t<First>;
    constexpr bool fits = !is_socket<type> || std::is_same_v<type, Socket>;
    static_assert(fits, "a server's handlers take a socket&, a client's take a client_socket&");
    return fits;
}

/// Says what is wrong with the handler of an event; true if nothing is.
template <class F, class Socket = socket>
constexpr bool check_event_handler() {
    if constexpr (check_function<F, true>()) {
        using list = typename callable<F>::raw_parameters;
        if constexpr (check_parameters(list{}, std::make_index_sequence<list::size>{})) {
            constexpr bool fits = check_side<Socket>(list{});
            if constexpr (fits && returns_task<F>) return check_kept(list{});
            return fits;
        }
    }
    return false;
}

/// The same of what takes an acknowledgement.
template <class F>
constexpr bool check_ack_handler() {
    if constexpr (check_function<F, false>())
        return check_answer_parameters(typename callable<F>::raw_parameters{});
    return false;
}

}  // namespace detail
}  // namespace anywire::socketio

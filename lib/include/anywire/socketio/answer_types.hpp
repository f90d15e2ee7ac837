#pragma once

#include <anywire/error.hpp>
#include <anywire/operation.hpp>

#include <tuple>
#include <utility>

/// What a coroutine gets that has asked: for `async_emit` of both ends.
namespace anywire::socketio::detail {

/// What an answer of `R...` is: nothing, a value or a tuple.
template <class... R>
struct answer_of {
    using type = std::tuple<R...>;
};
template <class R>
struct answer_of<R> {
    using type = R;
};
template <>
struct answer_of<> {
    using type = void;
};
template <class... R>
using answer_type = typename answer_of<R...>::type;

/// What takes the answer of one: ends an operation with `result<answer_type<R...>>`.
template <class... R, class Done>
auto ack_to(Done done) {
    return [done](error_code error, R... values) {
        using answer = result<answer_type<R...>>;
        if (error)
            done(answer(boost::system::in_place_error, error));
        else if constexpr (sizeof...(R) == 0)
            done(answer());
        else
            done(answer(boost::system::in_place_value, std::move(values)...));
    };
}

template <class... A>
void check_awaited_arguments() {
    (anywire::detail::check_temporary<A>(), ...);
}

}  // namespace anywire::socketio::detail

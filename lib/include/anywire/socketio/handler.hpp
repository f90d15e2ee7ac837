#pragma once

#include <anywire/socketio/event.hpp>
#include <anywire/socketio/signature.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

/// How functions of the application become handlers: from their signatures.
namespace anywire::socketio::detail {

/// Throws `std::invalid_argument`: a function that was given is empty.
[[noreturn]] void throw_empty(char const* given_to);

template <class F>
void require_function(F const& f, char const* given_to) {
    if (handler_checks::is_empty_function(f)) throw_empty(given_to);
}
/// The plain function of one that must not be empty.
template <class... A>
[[nodiscard]] std::function<void(A...)> required(anywire::handler<void(A...)>&& f,
                                                 char const* given_to) {
    require_function(f, given_to);
    return std::move(f).take();
}

template <class Signature, class Socket, class F, std::size_t... I>
void call_handler(F& f,
                  Socket& s,
                  event const& e,
                  typename Signature::value_tuple& values,
                  std::index_sequence<I...>) {
    auto const invoke = [&](auto&&... led) {
        if constexpr (Signature::takes_ack) {
            using last = typename Signature::template at<Signature::count - 1>;
            f(led..., std::move(std::get<I>(values))..., last(e.channel()));
        } else {
            f(led..., std::move(std::get<I>(values))...);
        }
    };
    if constexpr (Signature::takes_socket)
        invoke(s);
    else
        invoke();
}

template <class Signature, class Socket, class F>
basic_event_handler<Socket> make_plain_event_handler(F f) {
    return [f = std::move(f)](Socket& s, event const& e) mutable -> std::optional<argument_error> {
        typename Signature::value_tuple values{};
        if (auto const wrong = decode_arguments(e.args(), values)) return wrong;
        call_handler<Signature>(f, s, e, values, std::make_index_sequence<Signature::values>{});
        return std::nullopt;
    };
}

/// The same for a coroutine, which keeps what it is called with.
template <class Signature, class Socket, class F, class... P, std::size_t... I>
void start_handler(std::shared_ptr<F> const& f,
                   Socket& s,
                   event const& e,
                   typename Signature::value_tuple& values,
                   type_list<P...>,
                   std::index_sequence<I...>) {
    using result = typename callable<F>::result;
    auto const start = [&](auto&&... led) {
        if constexpr (Signature::takes_ack) {
            using last = typename Signature::template at<Signature::count - 1>;
            result::template start_handler<F, P...>(
                &s, f, led..., std::move(std::get<I>(values))..., last(e.channel()));
        } else {
            result::template start_handler<F, P...>(
                &s, f, led..., std::move(std::get<I>(values))...);
        }
    };
    if constexpr (Signature::takes_socket)
        start(s);
    else
        start();
}

template <class Socket = socket, class F>
basic_event_handler<Socket> make_event_handler(F f) {
    if constexpr (check_event_handler<F, Socket>()) {
        require_function(f, "on");
        using sig = signature<typename callable<F>::parameters>;
        if constexpr (returns_task<F>) {
            return [f = std::make_shared<F>(std::move(f))](
                       Socket& s, event const& e) -> std::optional<argument_error> {
                typename sig::value_tuple values{};
                if (auto const wrong = decode_arguments(e.args(), values)) return wrong;
                start_handler<sig>(f,
                                   s,
                                   e,
                                   values,
                                   typename callable<F>::raw_parameters{},
                                   std::make_index_sequence<sig::values>{});
                return std::nullopt;
            };
        } else {
            return make_plain_event_handler<sig, Socket>(std::move(f));
        }
    } else {
        return {};
    }
}

/// The parameters of an acknowledgement's handler: a leading `error_code`, then values.
template <class Tuple>
struct ack_signature;
template <class... A>
struct ack_signature<std::tuple<A...>> {
    static constexpr bool takes_error = false;
    using value_tuple = std::tuple<A...>;
};
template <class... A>
struct ack_signature<std::tuple<error_code, A...>> {
    static constexpr bool takes_error = true;
    using value_tuple = std::tuple<A...>;
};

template <class F, class Values>
void call_ack(F& f, error_code error, bool takes, Values& values) {
    using sig = ack_signature<typename callable<F>::parameters>;
    std::apply(
        [&](auto&... each) {
            if constexpr (sig::takes_error)
                f(error, std::move(each)...);
            else if (takes)
                f(std::move(each)...);
        },
        values);
}

/// For the answer of one client. False when its arguments did not fit.
template <class F>
ack_handler make_ack_handler(F f) {
    if constexpr (check_ack_handler<F>()) {
        require_function(f, "emit");
        using sig = ack_signature<typename callable<F>::parameters>;
        return [f = std::move(f)](error_code error, std::span<arguments const> answers) mutable {
            typename sig::value_tuple values{};
            bool fits = true;
            if (!error && !answers.empty() && decode_arguments(answers.front(), values)) {
                error = errc::bad_arguments;
                fits = false;
                values = {};
            }
            call_ack(f, error, !error, values);
            return fits;
        };
    } else {
        return {};
    }
}

template <class Tuple>
inline constexpr bool is_one_vector = false;
template <class T, class... Rest>
inline constexpr bool is_one_vector<std::tuple<std::vector<T, Rest...>>> = true;

/// Says what is wrong with what takes the answers of many clients; true if nothing is.
template <class F>
constexpr bool check_acks_handler() {
    if constexpr (check_ack_handler<F>()) {
        constexpr bool takes_one_vector =
            is_one_vector<typename ack_signature<typename callable<F>::parameters>::value_tuple>;
        static_assert(takes_one_vector,
                      "the answers of many clients come as one std::vector: write "
                      "[](anywire::error_code error, std::vector<T> answers) { ... }");
        return takes_one_vector;
    } else {
        return false;
    }
}

/// For the answers of many: the last parameter is a `std::vector` of each one's first argument.
template <class F>
ack_handler make_acks_handler(F f) {
    if constexpr (check_acks_handler<F>()) {
        require_function(f, "emit");
        using sig = ack_signature<typename callable<F>::parameters>;
        return [f = std::move(f)](error_code error, std::span<arguments const> answers) mutable {
            typename sig::value_tuple values{};
            auto& list = std::get<0>(values);
            bool fits = true;
            for (auto const& a : answers) {
                typename std::tuple_element_t<0, typename sig::value_tuple>::value_type one{};
                if (read_value(a[0], one))
                    list.push_back(std::move(one));
                else
                    fits = false;
            }
            if (!fits && !error) error = errc::bad_arguments;
            call_ack(f, error, true, values);
            return fits;
        };
    } else {
        return {};
    }
}

template <class T>
inline constexpr bool is_event_value = writable<T> || std::is_same_v<T, arguments>;

/// Whether a last argument of `emit` is no value but takes the acknowledgement.
template <class T>
inline constexpr bool is_ack_callback = [] {
    using plain = std::decay_t<T>;
    if constexpr (is_event_value<plain>)
        return false;
    else
        return plain_callable<plain>;
}();

/// Says what is wrong with an argument of `emit`; true if nothing is.
template <class T, bool IsLast>
constexpr bool check_emitted() {
    using plain = std::decay_t<T>;
    constexpr bool fits = is_event_value<plain> || (IsLast && is_ack_callback<T>);
    if constexpr (fits) {
        return true;
    } else if constexpr (is_ack_callback<T>) {
        static_assert(fits, "what takes the answer is the last argument of emit");
    } else if constexpr (std::is_class_v<plain> && IsLast) {
        static_assert(fits,
                      "neither a value nor what takes the answer: write ANYWIRE_JSON(type, "
                      "members...) beside a type of yours; a lambda's parameters need types, no "
                      "auto");
    } else {
        return check_writable<plain>();
    }
    return false;
}
template <class... A, std::size_t... I>
constexpr bool check_all_emitted(type_list<A...>, std::index_sequence<I...>) {
    return (check_emitted<A, I + 1 == sizeof...(A)>() && ...);
}

/// Encodes an emit and hands it to `sink(encoded, ack_handler)`; `make` makes the handler of a last
/// argument that is a callback.
template <class Make, class Sink, class... A>
void encode_emit(std::string_view name, Make make, Sink sink, A&&... args) {
    constexpr auto count = sizeof...(A);
    if constexpr (!check_all_emitted(type_list<A...>{}, std::index_sequence_for<A...>{})) {
        return;
    } else if constexpr (count == 0) {
        sink(encode_event(name), ack_handler{});
    } else {
        using last = std::tuple_element_t<count - 1, std::tuple<A...>>;
        if constexpr (is_ack_callback<last>) {
            auto all = std::forward_as_tuple(std::forward<A>(args)...);
            auto const values = [&]<std::size_t... I>(std::index_sequence<I...>) {
                return encode_event(name, std::get<I>(all)...);
            };
            sink(values(std::make_index_sequence<count - 1>{}),
                 make(std::get<count - 1>(std::move(all))));
        } else {
            sink(encode_event(name, args...), ack_handler{});
        }
    }
}

}  // namespace anywire::socketio::detail

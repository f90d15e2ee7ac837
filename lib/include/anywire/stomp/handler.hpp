#pragma once

#include <anywire/callable.hpp>
#include <anywire/handler.hpp>
#include <anywire/stomp/client.hpp>
#include <anywire/stomp/message.hpp>
#include <anywire/task.hpp>

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace anywire::stomp {

/// A message that does not fit the handler it is for: its body, or a variable of its destination.
class bad_message : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Thrown by a handler: the client gets an ERROR with this text, and its session ends.
class refusal : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// How functions of the application become handlers: from their signatures.
namespace detail {

using anywire::detail::callable;
using anywire::detail::plain_callable;
using anywire::detail::type_list;

/// What a handler is called for.
struct invocation {
    std::span<std::string_view const> variables{};  ///< Of the destination, in their order.
    message const* sent = nullptr;
};

/// What is done when a handler has come to its end, once.
///
/// Thread: the client's shard's.
class work {
public:
    virtual ~work() = default;
    /// With what it has returned, if it returns something.
    virtual void done(std::optional<payload> value) = 0;
    virtual void failed(std::exception_ptr why) = 0;
};

/// A handler and what its signature says.
struct route_call {
    std::function<void(client&, invocation const&, std::shared_ptr<work> const&)> call{};
    /// Parameters beside a leading `client&`: variables of the destination, then at most one that
    /// is of the body.
    std::size_t values = 0;
    /// The first of them that cannot be a variable; `values` where all can.
    std::size_t first_body = 0;
    bool returns = false;
    bool is_task = false;
};

template <class T>
inline constexpr bool is_variable = std::is_same_v<T, std::string> ||
                                    (std::integral<T> && !std::is_same_v<T, bool> &&
                                     !std::is_same_v<T, char>);

/// One parameter's value, of a variable or of the body.
template <class T>
class argument {
public:
    void read(std::string_view variable) {
        if constexpr (std::is_same_v<T, std::string>) {
            value_ = variable;
        } else if constexpr (is_variable<T>) {
            auto const* const end = variable.data() + variable.size();
            auto const [at, wrong] = std::from_chars(variable.data(), end, value_);
            if (wrong != std::errc{} || at != end)
                throw bad_message("a variable of the destination is not an integer");
        }
    }
    void read(message const& m) {
        if constexpr (std::is_same_v<T, std::string>)
            if (!m.is_json()) return (void)(value_ = m.body());
        auto read = from_json<T>(m.body());
        if (read) return (void)(value_ = std::move(*read));
        if constexpr (std::is_same_v<T, std::string>)
            value_ = m.body();
        else
            throw bad_message("the body is not what its handler takes: expected " +
                              std::string(convert<T>::expected()));
    }
    T&& take() noexcept { return std::move(value_); }

private:
    T value_{};
};
template <>
class argument<message> {
public:
    void read(std::string_view) {}
    void read(message const& m) noexcept { value_ = &m; }
    message const& take() noexcept { return *value_; }

private:
    message const* value_ = nullptr;
};
template <>
class argument<message_view> {
public:
    void read(std::string_view variable) noexcept { value_ = variable; }
    void read(message const& m) noexcept {
        value_ = message_view(m.body(), m.content_type() == "application/octet-stream");
    }
    message_view take() noexcept { return value_; }

private:
    message_view value_{};
};

template <class T>
inline constexpr bool is_client = std::is_same_v<T, client>;
/// Whether a value only points at the frame it came in.
template <class T>
inline constexpr bool is_lent = std::is_same_v<T, message> || std::is_same_v<T, message_view>;

template <class Tuple>
struct signature;
template <>
struct signature<type_list<>> {
    static constexpr bool takes_client = false;
    using values = type_list<>;
};
template <class First, class... A>
struct signature<type_list<First, A...>> {
    static constexpr bool takes_client = is_client<std::decay_t<First>>;
    using values = std::conditional_t<takes_client,
                                      type_list<std::decay_t<A>...>,
                                      type_list<std::decay_t<First>, std::decay_t<A>...>>;
};

template <class T>
constexpr bool check_value() {
    if constexpr (is_lent<T>) {
        return true;
    } else if constexpr (is_client<T>) {
        static_assert(!is_client<T>, "the client is the first parameter: client&");
        return false;
    } else {
        return anywire::detail::check_readable<T>();
    }
}
template <class... T>
constexpr bool check_values(type_list<T...>) {
    return (check_value<T>() && ...);
}

template <class F>
constexpr bool has_types() {
    constexpr bool has = plain_callable<F>;
    static_assert(has,
                  "a handler is a lambda or a function whose parameters have types: no auto, no "
                  "overloads");
    return has;
}

template <class R>
struct awaited {
    using type = R;
};
template <class T>
struct awaited<task<T>> {
    using type = T;
};

/// Whether what a handler returns is nothing, or need not become JSON.
template <class T>
inline constexpr bool is_sent_as_it_is =
    std::is_void_v<T> || std::is_same_v<T, payload> || std::is_convertible_v<T, std::string_view>;

/// Says what is wrong with a handler of messages; true if nothing is.
template <class F>
constexpr bool check_route() {
    if constexpr (has_types<F>()) {
        using result = typename callable<F>::result;
        using value = typename awaited<result>::type;
        constexpr bool can_be_copied = std::is_copy_constructible_v<F>;
        static_assert(can_be_copied,
                      "a handler is copied: capture a std::shared_ptr instead of what cannot be");
        if constexpr (!is_sent_as_it_is<value>)
            if constexpr (!anywire::detail::check_writable<value>()) return false;
        return can_be_copied &&
               check_values(typename signature<typename callable<F>::raw_parameters>::values{});
    }
    return false;
}

template <class... T>
void read_all(invocation const& in, std::tuple<argument<T>...>& to) {
    std::size_t at = 0;
    std::apply(
        [&](auto&... each) {
            ((at < in.variables.size() ? each.read(in.variables[at]) : each.read(*in.sent), ++at),
             ...);
        },
        to);
}

template <class... T>
std::size_t first_body(type_list<T...>) {
    std::size_t at = 0;
    static_cast<void>(((is_variable<T> && ++at != 0) && ...));
    return at;
}

template <class F, class... A>
void call_plain(F& f, work& to, A&&... with) {
    if constexpr (std::is_void_v<typename callable<F>::result>) {
        f(std::forward<A>(with)...);
        to.done(std::nullopt);
    } else {
        to.done(to_payload(f(std::forward<A>(with)...)));
    }
}

using payload_task = task<std::optional<payload>>;

/// The same task, with what it returns as it is sent.
template <class T>
payload_task with_payload(task<T> running) {
    if constexpr (std::is_void_v<T>) {
        co_await std::move(running);
        co_return std::nullopt;
    } else {
        co_return to_payload(co_await std::move(running));
    }
}

/// Runs a coroutine of the application's to its end, and then tells. `keeps` lives as long as it.
void start_work(client& c,
                payload_task running,
                std::shared_ptr<void> keeps,
                std::shared_ptr<work> to);

/// What a coroutine is called with, and may refer to as long as it runs. The compiler would warn of
/// a coroutine of ours with these parameters: the types of lambdas have no name.
template <class F, class... T>
struct kept_call {
    std::shared_ptr<F> f;
    std::tuple<T...> values;

    payload_task begin(client& by) {
        return std::apply(
            [&](auto&... each) {
                if constexpr (signature<typename callable<F>::raw_parameters>::takes_client)
                    return with_payload((*f)(by, std::move(each)...));
                else
                    return with_payload((*f)(std::move(each)...));
            },
            values);
    }
};

template <class F, class... T>
void start_task(std::shared_ptr<F> const& f,
                client& c,
                std::shared_ptr<work> const& to,
                std::tuple<argument<T>...>& read) {
    auto const kept = std::apply(
        [&](auto&... each) {
            return std::shared_ptr<kept_call<F, T...>>(
                new kept_call<F, T...>{f, std::tuple<T...>(each.take()...)});
        },
        read);
    start_work(c, kept->begin(c), kept, to);
}

template <class F, class... T>
route_call make_route(F f, type_list<T...> values) {
    using sig = signature<typename callable<F>::raw_parameters>;
    using result = typename callable<F>::result;
    route_call made{.values = sizeof...(T),
                    .first_body = first_body(values),
                    .returns = !std::is_void_v<typename awaited<result>::type>,
                    .is_task = handler_checks::is_task<result>};
    if constexpr (handler_checks::is_task<result>) {
        static_assert(!(is_lent<T> || ...),
                      "a frame's bytes are lent for the call, and a coroutine lives longer: take a "
                      "std::string, a json_value or a type of yours");
        made.call = [f = std::make_shared<F>(std::move(f))](
                        client& c, invocation const& in, std::shared_ptr<work> const& to) {
            std::tuple<argument<T>...> read;
            read_all(in, read);
            start_task(f, c, to, read);
        };
    } else {
        made.call = [f = std::move(f)](
                        client& c, invocation const& in, std::shared_ptr<work> const& to) mutable {
            std::tuple<argument<T>...> read;
            read_all(in, read);
            std::apply(
                [&](auto&... each) {
                    if constexpr (sig::takes_client)
                        call_plain(f, *to, c, each.take()...);
                    else
                        call_plain(f, *to, each.take()...);
                },
                read);
        };
    }
    return made;
}
template <class F>
route_call make_route(F f) {
    if constexpr (check_route<F>())
        return make_route(std::move(f),
                          typename signature<typename callable<F>::raw_parameters>::values{});
    else
        return {};
}

/// Whether a client may, by a rule of the application's.
struct rule_call {
    std::function<bool(client const&, std::span<std::string_view const>)> call{};
    std::size_t values = 0;
};

template <class F, class... T>
rule_call make_rule(F f, type_list<T...>) {
    static_assert((is_variable<T> && ...),
                  "a rule takes client const&, then the variables of its pattern: std::string or "
                  "integers");
    static_assert(std::is_same_v<typename callable<F>::result, bool>, "a rule returns bool");
    using sig = signature<typename callable<F>::raw_parameters>;
    return {[f = std::move(f)](client const& c, std::span<std::string_view const> variables) {
                std::tuple<argument<T>...> read;
                read_all({variables, nullptr}, read);
                return std::apply(
                    [&](auto&... each) {
                        if constexpr (sig::takes_client)
                            return f(c, each.take()...);
                        else
                            return f(each.take()...);
                    },
                    read);
            },
            sizeof...(T)};
}
template <class F>
rule_call make_rule(F f) {
    if constexpr (has_types<F>())
        return make_rule(std::move(f),
                         typename signature<typename callable<F>::raw_parameters>::values{});
    else
        return {};
}

}  // namespace detail
}  // namespace anywire::stomp

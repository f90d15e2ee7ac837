#pragma once

#include <anywire/handler.hpp>
#include <anywire/options.hpp>
#include <anywire/response_headers.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

/// HTTP beside sessions: enough for a login, a health check and a small REST interface.
namespace anywire {

struct route_context;
namespace detail {
template <class A>
class kept_argument;
}

/// One HTTP request to a route of the application's (`service::route`).
///
/// Thread: that of the shard that has the request.
/// Borrow: valid during the handler only, and so is every `std::string_view` of it.
class route_request {
public:
    explicit route_request(route_context const& c) noexcept : context_(c) {}
    route_request(route_request const&) = delete;
    route_request& operator=(route_request const&) = delete;

    std::string_view method() const noexcept;  ///< As sent; "HEAD" also where "GET" serves it.
    std::string_view target() const noexcept;  ///< Path and query as sent: "/user/ann?full=1".
    std::string_view path() const noexcept;    ///< As sent, not decoded.
    /// What stands in the path for ":name" of the pattern, percent-decoded: it may hold any byte, a
    /// '/' too. Empty where the pattern has no such name.
    std::string param(std::string_view name) const;
    /// The last value of a key in the query, decoded; nothing where it is not there.
    std::optional<std::string> query(std::string_view key) const;
    /// The first cookie of that name, percent-decoded; nothing where there is none.
    std::optional<std::string> cookie(std::string_view name) const;
    /// The first field of that name, in any case; empty when there is none.
    std::string_view header(std::string_view name) const noexcept;
    std::string_view body() const noexcept;  ///< At most `route_options::max_body` bytes.
    /// The first value of a field of a form (application/x-www-form-urlencoded), decoded.
    std::optional<std::string> form(std::string_view field) const;
    /// The client's address: the peer's, or what a trusted proxy forwarded.
    std::string_view remote_address() const noexcept;
    /// True when the client came over TLS, here or at a trusted proxy.
    bool is_secure() const noexcept;

private:
    friend class detail::kept_argument<route_request const&>;
    route_context const& context_;
};

/// A coroutine has a copy of its request, which lives as long as it does.
template <>
class detail::kept_argument<route_request const&> {
public:
    explicit kept_argument(route_request const& from);
    kept_argument(kept_argument const&) = delete;
    kept_argument& operator=(kept_argument const&) = delete;
    ~kept_argument();
    route_request const& get() const noexcept { return request_; }

private:
    struct copy;
    std::unique_ptr<copy> copy_;
    route_request request_;
};

/// The whole answer of a route.
struct http_answer {
    unsigned status = 200;  ///< 200 to 599; any other is a fault, logged, and answered 500.
    std::string body{};     ///< Not sent with 204 and 304, nor to HEAD.
    std::string content_type = "text/plain; charset=UTF-8";  ///< Empty: no field.
    /// Further fields. `Date` and what concerns the connection are the server's to say.
    response_headers fields{};

    /// Adds a cookie; `attributes` has its name. The value is percent-encoded where it has to be,
    /// and `route_request::cookie` decodes it. One that the client shall forget has a `max_age` of
    /// -1 s.
    ///
    /// Throws: `std::invalid_argument` for a name that is not a token, or for attributes that are
    ///         not valid.
    http_answer& set_cookie(cookie_options const& attributes, std::string_view value);
};

/// The answer to one request, to be given once: at once or later. Copies are the same answer.
///
/// Thread: any. Calls after the first do nothing, nor does one for a client that has gone. A
///         responder that is dropped unanswered answers 500; one that is kept longer than
///         `route_options::answer_timeout` has answered 503.
class http_responder {
public:
    class receiver {
    public:
        virtual ~receiver() = default;
        virtual void on_answer(http_answer a) = 0;
        /// What runs a function where the request is, if it still waits for its answer then; else
        /// the function is dropped. Thread of what it gives: any.
        virtual std::function<void(std::function<void()>)> make_poster() { return {}; }
    };

    explicit http_responder(std::shared_ptr<receiver> to) noexcept : to_(std::move(to)) {}

    void answer(http_answer a) const { to_->on_answer(std::move(a)); }
    void answer(unsigned status, std::string body = {}) const {
        answer(http_answer{.status = status, .body = std::move(body)});
    }

private:
    friend class route_handler;
    std::shared_ptr<receiver> to_;
};

/// How a coroutine comes back to its request.
inline std::function<void(std::function<void()>)> poster_of(http_responder::receiver& r) {
    return r.make_poster();
}

namespace detail {

/// The tasks that a route may return: with what has to be answered, or with nothing.
template <class Task>
inline constexpr bool is_task_of_answer = false;
template <template <class> class Task, class T>
inline constexpr bool is_task_of_answer<Task<T>> =
    handler_checks::is_task<Task<T>>&& std::is_convertible_v<T, http_answer>;
template <class Task>
inline constexpr bool is_task_of_nothing = false;
template <template <class> class Task>
inline constexpr bool is_task_of_nothing<Task<void>> = handler_checks::is_task<Task<void>>;

}  // namespace detail

/// What a route does with a request: `void(route_request const&, http_responder)`, or
/// `http_answer(route_request const&)` where the answer is known at once. What it throws is logged
/// and answered 500.
///
/// It may be a coroutine (`anywire/coro.hpp`) that returns `task<http_answer>`, or `task<>` where
/// it takes a responder. That has a copy of its request, goes on on the request's shard, and ends
/// with it: once it has answered, the client has gone or the time is over, what it awaits does not
/// go on any more, and it is destroyed.
///
/// Thread: called on any shard, several at once with more than one. One that blocks stalls the
///         sessions of its shard: answer later instead.
class route_handler {
public:
    using function = std::function<void(route_request const&, http_responder)>;

    route_handler() noexcept = default;
    template <class F>
    requires(!std::same_as<std::decay_t<F>, route_handler>) route_handler(F&& f) {
        if (handler_checks::is_empty_function(f)) return;
        using kind = std::decay_t<F>;
        if constexpr (std::is_invocable_r_v<http_answer, F&, route_request const&>) {
            call_ = [f = std::forward<F>(f)](route_request const& r, http_responder to) mutable {
                to.answer(f(r));
            };
        } else if constexpr (std::is_invocable_v<F&, route_request const&>) {
            using result = std::invoke_result_t<F&, route_request const&>;
            constexpr auto is_good = detail::is_task_of_answer<result>;
            static_assert(is_good,
                          "what a route returns is its answer: an anywire::http_answer, or "
                          "anywire::task<anywire::http_answer> (anywire/coro.hpp) if it is a "
                          "coroutine");
            if constexpr (is_good)
                call_ = starting<result>(result::as_answering(kind(std::forward<F>(f))));
        } else {
            static_assert(std::is_invocable_v<F&, route_request const&, http_responder>,
                          "write [](anywire::route_request const& request) -> anywire::http_answer "
                          "{ ... }, or [](anywire::route_request const& request, "
                          "anywire::http_responder respond) { ... }");
            using result = std::invoke_result_t<F&, route_request const&, http_responder>;
            constexpr auto is_coroutine = detail::is_task_of_nothing<result>;
            constexpr auto is_good = std::is_void_v<result> || is_coroutine;
            static_assert(is_good,
                          "a route that has a responder returns nothing, or anywire::task<> "
                          "(anywire/coro.hpp) if it is a coroutine");
            if constexpr (is_coroutine)
                call_ = starting<result>(kind(std::forward<F>(f)));
            else if constexpr (is_good)
                call_ = std::forward<F>(f);
        }
    }

    explicit operator bool() const noexcept { return static_cast<bool>(call_); }
    void operator()(route_request const& r, http_responder to) const { call_(r, std::move(to)); }

private:
    template <class Task, class F>
    static function starting(F f) {
        return [f = std::make_shared<F>(std::move(f))](route_request const& r, http_responder to) {
            auto const home = to.to_;
            Task::template start_handler<F, route_request const&, http_responder>(
                home, f, r, std::move(to));
        };
    }

    function call_{};
};

/// How a route is served.
struct route_options {
    /// Bytes of the longest body; a longer one is answered 413. Default 64 KiB, at most 1 GiB.
    std::size_t max_body = std::size_t{64} * 1024;
    /// How long the answer may take; then it is 503. Default 30 s.
    std::chrono::milliseconds answer_timeout{30'000};
    /// Pages of other origins that may send requests and read answers, as for mounts. Those that
    /// are not listed may send GET, HEAD and OPTIONS only, as browsers let them anyway, and read
    /// nothing. Credentials go along unless "*" is listed.
    origin_list origins{};
};

}  // namespace anywire

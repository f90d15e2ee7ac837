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
    route_context const& context_;
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
    };

    explicit http_responder(std::shared_ptr<receiver> to) noexcept : to_(std::move(to)) {}

    void answer(http_answer a) const { to_->on_answer(std::move(a)); }
    void answer(unsigned status, std::string body = {}) const {
        answer(http_answer{.status = status, .body = std::move(body)});
    }

private:
    std::shared_ptr<receiver> to_;
};

/// What a route does with a request: `void(route_request const&, http_responder)`, or
/// `http_answer(route_request const&)` where the answer is known at once. What it throws is logged
/// and answered 500.
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
        if constexpr (std::is_invocable_r_v<http_answer, F&, route_request const&>) {
            call_ = [f = std::forward<F>(f)](route_request const& r, http_responder to) mutable {
                to.answer(f(r));
            };
        } else {
            static_assert(std::is_invocable_v<F&, route_request const&, http_responder>,
                          "write [](anywire::route_request const& request) -> anywire::http_answer "
                          "{ ... }, or [](anywire::route_request const& request, "
                          "anywire::http_responder respond) { ... }");
            call_ = std::forward<F>(f);
        }
    }

    explicit operator bool() const noexcept { return static_cast<bool>(call_); }
    void operator()(route_request const& r, http_responder to) const { call_(r, std::move(to)); }

private:
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

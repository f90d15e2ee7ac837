#pragma once

#include <anywire/handler.hpp>
#include <anywire/request.hpp>
#include <anywire/response_headers.hpp>
#include <anywire/session.hpp>

#include <any>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace anywire {

/// What a client is let in with.
struct acceptance {
    std::any data{};  ///< Becomes `session::data()`.
    /// The subprotocol of its WebSocket, in place of the one that the mount would choose; empty for
    /// none. One that the client does not offer counts as none. Default: the mount chooses. The
    /// WebSocket of an upgrade is asked about by the mount, too.
    std::optional<std::string> subprotocol{};
    /// Fields of the first answer of the session: a poll's, a stream's or the 101.
    response_headers fields{};
};

/// The answer to one `handlers::authorize`, to be given once: at once or later.
///
/// Thread: may be called from any thread; calls after the first do nothing, nor does one for a
///         client that has gone. A decision that is dropped unanswered refuses with 403; one that
///         is kept longer than `session_limits::authorize_timeout` has been answered 503.
class decision {
public:
    class receiver {
    public:
        virtual ~receiver() = default;
        virtual void on_accept(acceptance with) = 0;
        virtual void on_refuse(unsigned status, std::string text, response_headers fields) = 0;
    };

    explicit decision(std::shared_ptr<receiver> to) noexcept : to_(std::move(to)) {}

    /// Lets the client in; `data` becomes `session::data()`.
    void accept(std::any data = {}) const { accept(acceptance{.data = std::move(data)}); }
    void accept(acceptance with) const { to_->on_accept(std::move(with)); }

    /// Answers the request with an HTTP status (400-599, else 403), a plain text and further
    /// fields, such as WWW-Authenticate or Retry-After.
    void refuse(unsigned status = 403,
                std::string text = "Forbidden",
                response_headers fields = {}) const {
        to_->on_refuse(status, std::move(text), std::move(fields));
    }

private:
    std::shared_ptr<receiver> to_;
};

namespace handler_checks {

template <>
struct handler_shape<void(session&)> {
    template <bool Fits>
    static constexpr void check() {
        static_assert(Fits, "write [](anywire::session& session) { ... }");
    }
};
template <>
struct handler_shape<void(session&, message_view)> {
    template <bool Fits>
    static constexpr void check() {
        static_assert(Fits,
                      "write [](anywire::session& session, anywire::message_view message) { ... }");
    }
};
template <>
struct handler_shape<void(session&, close_event const&)> {
    template <bool Fits>
    static constexpr void check() {
        static_assert(
            Fits, "write [](anywire::session& session, anywire::close_event const& why) { ... }");
    }
};
template <>
struct handler_shape<void(request const&, decision)> {
    template <bool Fits>
    static constexpr void check() {
        static_assert(
            Fits, "write [](anywire::request const& request, anywire::decision decide) { ... }");
    }
};

}  // namespace handler_checks

/// What an application does with the sessions of a mount. One set serves any dialect.
///
/// Thread: called on the session's shard, never two at once for one session, never re-entered. A
///         handler that blocks stalls its shard. One that throws closes its session as
///         `handler_failed`, and is logged.
struct handlers {
    handler<void(session&)> on_open{};
    handler<void(session&, message_view)> on_message{};
    /// The queue ran empty after `send` had been refused for want of room.
    handler<void(session&)> on_drain{};
    /// The last call for a session.
    handler<void(session&, close_event const&)> on_close{};
    /// Decides who comes in, before a session exists; the same for every transport. Without it
    /// everybody does whose origin is allowed.
    handler<void(request const&, decision)> authorize{};
};

}  // namespace anywire

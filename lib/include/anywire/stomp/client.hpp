#pragma once

#include <anywire/session.hpp>
#include <anywire/stomp/message.hpp>
#include <anywire/task.hpp>

#include <any>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire::stomp {

class stomp_client;
class stomp_core;

/// A client that is connected, or asks to be.
///
/// Thread: its session's shard's: inside handlers, or through `server::post`.
/// Borrow: valid until `on_disconnect` has returned for it; what lives longer keeps the `id()`.
class client {
public:
    client(client const&) = delete;
    client& operator=(client const&) = delete;

    /// The public id of its session; see `session::id`.
    std::string_view id() const noexcept;
    /// Who it is: what `admission::accept` was given; empty: nobody in particular.
    std::string const& user() const noexcept;
    /// The application's own; what `admission::accept` was given.
    std::any& data() noexcept { return data_; }
    std::any const& data() const noexcept { return data_; }
    stomp::version version() const noexcept;
    /// The session below, of whatever dialect.
    anywire::session& session() const noexcept;
    /// The destinations it is subscribed to, as it named them, in no order.
    std::vector<std::string> subscriptions() const;

    /// Ends the session after what is queued. A message is sent as an ERROR first, of which
    /// clients tell their application; without one they only see the connection close.
    void disconnect(std::string_view message = {});

private:
    friend class stomp_client;
    explicit client(stomp_client& self) noexcept : self_(self) {}
    ~client() = default;

    stomp_client& self_;
    std::any data_{};
};

/// How to come back to a client's shard.
anywire::detail::poster poster_of(client& c);

/// What a client asks to connect with. Its own: it may be kept.
class connect {
public:
    connect(std::vector<std::pair<std::string, std::string>> all, anywire::request const& opened_by)
        : headers_(std::move(all)), request_(opened_by.copy()) {}

    /// The first header of that name. Credentials are in "login" and "passcode", or wherever the
    /// client puts its token: browsers cannot add headers to a WebSocket's handshake.
    std::optional<std::string_view> find(std::string_view name) const noexcept;
    /// The same; empty where there is none.
    std::string_view header(std::string_view name) const noexcept {
        return find(name).value_or(std::string_view{});
    }
    std::string_view login() const noexcept { return header("login"); }
    std::string_view passcode() const noexcept { return header("passcode"); }
    /// The request that opened the session, with its cookies and its address.
    anywire::request const& request() const noexcept { return request_; }

private:
    std::vector<std::pair<std::string, std::string>> headers_;
    anywire::request request_;
};

/// What a client is let in with.
struct accepted {
    std::string user{};  ///< Becomes `client::user()`, and is told to the client as "user-name".
    std::any data{};     ///< Becomes `client::data()`.
};

/// The answer to one `server::on_connect`, to be given once: at once or later.
///
/// Thread: any. Calls after the first do nothing, nor does one for a client that has gone; one that
///         is dropped unanswered refuses. What the client sends meanwhile waits.
class admission {
public:
    class receiver;

    explicit admission(std::shared_ptr<receiver> to) noexcept : to_(std::move(to)) {}

    void accept(accepted with = {}) const;
    /// Sends an ERROR with this text and ends the session (1008).
    void refuse(std::string_view text = "Access refused") const;

private:
    std::shared_ptr<receiver> to_;
};

}  // namespace anywire::stomp

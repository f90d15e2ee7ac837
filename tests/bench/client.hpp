#pragma once

#include "message.hpp"
#include "stream.hpp"
#include "transport.hpp"

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace bench {

class client;

/// Who clients tell. None may destroy the client.
class client_events {
public:
    /// The session is open, by the rules of its dialect.
    virtual void on_open(client& c) = 0;
    /// Borrow: `text` until it returns. Of a compressed message it is what lies in the frame.
    virtual void on_message(client& c, std::string_view text, bool compressed) = 0;
    /// `leave` is through.
    virtual void on_left(client& c) = 0;
    /// The session ended without being asked to.
    virtual void on_gone(client& c, char const* why) = 0;

protected:
    ~client_events() = default;
};

/// What the clients of a swarm share.
struct client_context {
    event_loop& loop;
    client_events& events;
    address server{};
    bool deflate = false;
    bool closes_posts = false;  ///< Clients over HTTP keep no connection that they do not need.
    message* text = nullptr;    ///< What is sent;
    std::vector<std::string> const* frames = nullptr;  ///< or these in turns, over WebSocket.
};

/// One client of a server, over one transport. To be opened again after it left.
class client : protected stream_events {
public:
    static std::unique_ptr<client> make(client_context& context, transport t, std::size_t index);

    virtual ~client() = default;
    client(client const&) = delete;
    client& operator=(client const&) = delete;

    virtual void open() = 0;
    /// Sends the next `count` messages at once.
    virtual void send(unsigned count) = 0;
    /// Ends the session with the goodbye of its transport.
    virtual void leave() = 0;
    /// Ends all connections without one.
    virtual void abort() noexcept = 0;

    transport over() const noexcept { return transport_; }
    std::size_t index() const noexcept { return index_; }
    bool is_open() const noexcept { return is_open_; }

    std::uint64_t sent = 0;      ///< Messages.
    std::uint64_t received = 0;  ///< For the workload's use.
    time_point sent_at{};        ///< When `send` was called.

protected:
    client(client_context& context, transport t, std::size_t index) noexcept
        : context_(context), index_(index), transport_(t) {}

    /// Takes one piece of the dialect; false when it cannot go on.
    bool take(std::string_view unit, bool compressed = false);
    /// Sends a piece of the dialect's own.
    virtual void reply(std::string_view unit) = 0;
    void gone(char const* why);
    dialect speaks() const noexcept { return traits_of(transport_).speaks; }

    client_context& context_;
    std::string sid_{};  // Engine.IO's
    bool is_open_ = false;

private:
    bool take_sockjs(std::string_view unit);
    bool take_engineio(std::string_view unit);
    bool take_socketio(std::string_view packet);
    void opened();

    std::size_t index_;
    transport transport_;
};

}  // namespace bench

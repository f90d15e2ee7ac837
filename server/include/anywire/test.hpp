#pragma once

#include <anywire/close_reason.hpp>
#include <anywire/exchange.hpp>
#include <anywire/handlers.hpp>
#include <anywire/service.hpp>

#include <chrono>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// For tests of an application: a service without sockets, whose time is told. A test of a handler
/// that waits for a minute takes microseconds, and the same every time.
namespace anywire::testing {

class host;

/// One HTTP request that was sent to a `host`, and what has come of its answer. Copies are the same
/// request.
///
/// Thread: that of the test.
class reply {
public:
    /// The head of the answer has come.
    bool has_begun() const noexcept;
    /// The whole answer has come.
    bool is_complete() const noexcept;
    /// The server has closed the connection instead of answering, or in its answer's middle.
    bool is_broken_off() const noexcept;

    unsigned status() const noexcept;  ///< 0 before the head.
    /// The first field of that name, in any case; empty when there is none.
    std::string header(std::string_view name) const;
    /// All of the body that has come.
    std::string const& body() const noexcept;
    /// The parts of a streamed body that have come since the last call.
    std::vector<std::string> take_parts();

    /// The client goes: the connection ends.
    void cut();

private:
    friend class host;
    class state;
    explicit reply(std::shared_ptr<state> s) noexcept : state_(std::move(s)) {}
    std::shared_ptr<state> state_;
};

/// What a `client` speaks over its WebSocket.
enum class dialect : std::uint8_t {
    websocket,  ///< Messages as they are.
    sockjs,     ///< As sockjs-client: on "<mount>/<server>/<session>/websocket".
    engineio,   ///< As engine.io-client, version 4: messages of Socket.IO are theirs to encode.
};

/// A client over a WebSocket, real but for the connection: it answers pings, reads what comes, says
/// goodbye. Copies are the same client.
///
/// Thread: that of the test.
class client {
public:
    /// The client was let in, and neither side has ended it.
    bool is_open() const noexcept;
    /// The status of a refused handshake; 0 for one that was accepted or has no answer yet.
    unsigned refused_with() const noexcept;

    /// Sends a message, which its handler has heard when this returns.
    void send(message_view m);
    /// Messages that have come since the last call.
    std::vector<std::string> take();
    /// How the server has ended it; nothing before. `close_code::abnormal`: without a word.
    std::optional<close_code> closed_with() const noexcept;
    std::string const& close_text() const noexcept;

    /// Says goodbye.
    void close(close_code code = close_code::normal, std::string_view text = {});
    /// The connection breaks without a word.
    void cut();
    /// A client that does not read any more: what is sent to it waits on the server.
    void stop_reading();
    void read_on();
    /// A client that is dead although its connection stands: it answers no ping.
    void stop_answering_pings();

private:
    friend class host;
    class state;
    explicit client(std::shared_ptr<state> s) noexcept : state_(std::move(s)) {}
    std::shared_ptr<state> state_;
};

/// Fields of a request.
using fields = std::initializer_list<http_field>;

/// A service to test handlers with: mount them as on a server, then be its clients.
///
/// Whatever is sent has been handled when the call returns. Time stands still but for `advance`.
/// Requests come from 127.0.0.1 to "http://localhost" unless their fields say otherwise.
/// Thread: one, that of the test; what other threads post is run by the next call.
class host final : public service {
public:
    /// Throws: as `service`.
    explicit host(service_options options = {});
    ~host() override;

    /// Lets time pass: heartbeats, timers and timeouts come as they are due.
    void advance(std::chrono::milliseconds by);
    /// Runs what was posted.
    void settle();

    reply request(std::string_view method,
                  std::string_view target,
                  std::string_view body = {},
                  fields with = {});
    reply get(std::string_view target, fields with = {}) {
        return request("GET", target, {}, with);
    }
    reply post(std::string_view target, std::string_view body = {}, fields with = {}) {
        return request("POST", target, body, with);
    }

    /// Opens a WebSocket. `target` is the mount's path for a plain WebSocket; for SockJS and
    /// Engine.IO the client adds to it what it has to.
    client connect(std::string_view target, dialect speaks = dialect::websocket, fields with = {});

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace anywire::testing

#pragma once

#include <anywire/client.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire {

/// A WebSocket as browsers have it: it opens when it is made, says what happens, and is over when
/// it has closed. A client that comes back by itself is `anywire::client`.
///
/// Spec:   WebSockets Standard, "The WebSocket interface".
/// Thread: as `client`.
class websocket {
public:
    enum class state : std::uint8_t { connecting = 0, open = 1, closing = 2, closed = 3 };

    /// How it ended.
    struct close_info {
        std::uint16_t code = 1006;  ///< 1005: the server gave none. 1006: it never said goodbye.
        std::string_view reason{};  ///< Borrowed for the call.
        bool was_clean = false;     ///< Both sides have said goodbye.
    };

    /// Called where the context runs, never from within a call to the WebSocket.
    struct handlers {
        handler<void(websocket&)> on_open{};
        handler<void(websocket&, message_view)> on_message{};
        /// It failed; `on_close` follows. Browsers say no more than that; this says why.
        handler<void(websocket&, client_failure const&)> on_error{};
        /// The last call.
        handler<void(websocket&, close_info const&)> on_close{};
    };

    /// Begins to connect. `with` has the rest: TLS, proxy, fields, limits; its URL, protocols and
    /// dialect are not looked at.
    ///
    /// Throws: `std::invalid_argument` for a URL that is not ws, wss, http or https or has a
    ///         fragment, and for protocols that are not tokens or are there twice.
    websocket(client_context& on,
              std::string url,
              std::vector<std::string> protocols,
              handlers calls,
              client_options with = {});
    websocket(client_context& on, std::string url, handlers calls)
        : websocket(on, std::move(url), {}, std::move(calls)) {}
    websocket(websocket const&) = delete;
    websocket& operator=(websocket const&) = delete;
    /// Drops it without a word; no handler runs after that.
    ~websocket();

    std::string const& url() const noexcept;
    state ready_state() const noexcept;
    /// Bytes that were given to `send` and are not with the kernel yet, each message charged 64
    /// more. What is sent after it has begun to close counts, too, and stays.
    std::size_t buffered_amount() const noexcept;
    /// The subprotocol that the server chose.
    std::string_view protocol() const noexcept;

    /// Sends a message. Once it has begun to close, nothing. One that does not fit into
    /// `client_options::max_queued_bytes` makes it close.
    ///
    /// Throws: `std::logic_error` while it is connecting.
    void send(message_view m);
    /// Says goodbye. While it is connecting it fails. Does nothing once it has begun to close.
    ///
    /// Throws: `std::invalid_argument` for a code other than 1000 and 3000-4999, and for a reason
    /// of
    ///         more than 123 bytes.
    void close(std::uint16_t code = 1000, std::string_view reason = {});

private:
    struct impl;
    std::shared_ptr<impl> impl_;
};

}  // namespace anywire

#pragma once

#include <anywire/error.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace anywire::websocket {

/// What this side, either of the two, wants of permessage-deflate.
struct deflate_options {
    bool enabled = false;
    bool server_no_context_takeover = false;  ///< The server starts each message afresh.
    bool client_no_context_takeover = false;  ///< The client does.
    int server_max_window_bits = 15;          ///< 9 to 15; log2 of the server's window.
    int client_max_window_bits = 15;          ///< 9 to 15; asked of clients that can.
    int level = 6;                            ///< 0 to 9.
    int mem_level = 8;                        ///< 1 to 9; 2^(9 + this) bytes for each deflater.
    std::size_t threshold = 1024;             ///< Bytes; smaller messages go uncompressed.
};

/// What both sides agreed on. Spec: RFC 7692, section 7.1.
struct deflate_params {
    bool server_no_context_takeover = false;
    bool client_no_context_takeover = false;
    int server_max_window_bits = 15;
    int client_max_window_bits = 15;
};

/// Accepts the first offer in a `Sec-WebSocket-Extensions` that can be met, and sets `response`
/// to the value of the field that answers it; nothing when there is none, or deflate is off.
///
/// A window of 8 bits is an offer declined: the deflater has none below 9.
///
/// Spec: RFC 7692, sections 5.1 and 7.1; RFC 6455, section 9.1 (grammar).
/// Cost: linear in the field.
[[nodiscard]] std::optional<deflate_params> negotiate_deflate(
    std::string_view sec_websocket_extensions,
    deflate_options const& options,
    std::string& response);

/// The agreement with the two sides changed about: what a client gives its `deflater`.
[[nodiscard]] constexpr deflate_params swapped(deflate_params const& agreed) noexcept {
    return {.server_no_context_takeover = agreed.client_no_context_takeover,
            .client_no_context_takeover = agreed.server_no_context_takeover,
            .server_max_window_bits = agreed.client_max_window_bits,
            .client_max_window_bits = agreed.server_max_window_bits};
}

/// Whether a `deflater` can keep to the agreement: it has no window below 9 bits. A client that was
/// answered with 8 sends its messages uncompressed, which is always allowed.
///
/// Spec: RFC 7692, sections 6 and 7.1.2.2.
[[nodiscard]] constexpr bool can_deflate(deflate_params const& agreed) noexcept {
    return agreed.server_max_window_bits >= 9;
}

/// Appends the offer of a client to a `Sec-WebSocket-Extensions`; nothing when deflate is off.
///
/// Spec: RFC 7692, section 7.1.
void append_deflate_offer(std::string& out, deflate_options const& options);

/// What a server chose of the offer that `append_deflate_offer` wrote.
struct deflate_answer {
    std::optional<deflate_params> agreed{};  ///< Nothing: messages are not compressed.
    std::string_view wrong{};  ///< What rule the answer breaks, a literal; the handshake fails.
};

/// Reads the `Sec-WebSocket-Extensions` of a server's answer, empty where there is none.
///
/// Spec: RFC 6455, section 4.1, "If the response includes a |Sec-WebSocket-Extensions|"; RFC 7692,
///       section 7.1: an extension or a parameter that was not offered, one that is there twice, a
///       value that is not legal or larger than asked for, and the lack of what the offer demanded.
/// Cost: linear in the field.
[[nodiscard]] deflate_answer check_deflate_answer(std::string_view sec_websocket_extensions,
                                                  deflate_options const& options) noexcept;

/// Compresses the messages of one connection, or, without context takeover, of any number.
///
/// Cost: 2^(window bits + 2) + 2^(mem_level + 9) bytes and 6 KB, allocated with the first message.
class deflater {
public:
    /// Compresses as the server has agreed to; for a client, `swapped` is what to give.
    ///
    /// Requires: `can_deflate(agreed)`.
    explicit deflater(deflate_params const& agreed, int level = 6, int mem_level = 8);
    deflater(deflater&&) noexcept;
    deflater& operator=(deflater&&) noexcept;
    ~deflater();

    /// Appends the payload of the frame (RSV1 set) that carries `message`.
    ///
    /// Spec: RFC 7692, section 7.2.1.
    void compress(std::string_view message, std::string& out);

private:
    struct stream;
    std::unique_ptr<stream> stream_;
};

/// Inflates the messages of one connection as their bytes arrive.
///
/// A reference to beyond the agreed window is refused, and history goes on after a final block.
///
/// Cost: the client's window, 2^client_max_window_bits bytes, from the end of the first message,
/// but
///       where nothing is kept; 5 KB within a message.
class inflater {
public:
    /// Inflates what the client has agreed to send; for a client, `swapped` is what to give.
    explicit inflater(deflate_params const& agreed);
    inflater(inflater&&) noexcept;
    inflater& operator=(inflater&&) noexcept;
    ~inflater();

    /// Inflates a piece of a message to the end of `out`.
    ///
    /// Requires: `out` keeps what the message's earlier pieces have inflated to.
    /// Spec:   RFC 7692, section 7.2.2; a final block does not end the message (7.2.3.4).
    /// Limits: stops once `out` is over `max_out` bytes, having stored one byte more at most.
    /// Errors: `errc::message_too_big`, `errc::bad_deflate`. After one the inflater is spent.
    [[nodiscard]] error_code inflate(std::string_view piece, std::string& out, std::size_t max_out);

    /// Ends the message: inflates what its last bytes held back.
    ///
    /// Errors: those of `inflate`; `errc::bad_deflate` also when the message is cut off.
    [[nodiscard]] error_code finish(std::string& out, std::size_t max_out);

    /// Heap bytes held.
    [[nodiscard]] std::size_t footprint() const noexcept;

private:
    struct stream;
    std::unique_ptr<stream> stream_;
};

}  // namespace anywire::websocket

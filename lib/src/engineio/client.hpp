#pragma once

#include "engineio/handshake.hpp"
#include "engineio/packet.hpp"
#include "engineio/payload.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

// What only a client reads and writes. Packets and payloads are the same both ways: `decode_frame`,
// `append_base64_packet`, `payload_reader` and `append_payload` are a client's, too.
namespace anywire::engineio {

/// Tells a server, over a WebSocket that is to take over, that it works; `probe_answer` comes back,
/// and `upgrade_packet` then moves the session.
///
/// Spec: engine.io-protocol v4, "Upgrade".
inline constexpr std::string_view probe_packet = "2probe";
inline constexpr std::string_view probe_answer = "3probe";
inline constexpr std::string_view upgrade_packet = "5";
inline constexpr std::string_view close_packet = "1";
inline constexpr std::string_view ping_packet = "2";  ///< v3's client sends it, v4's server.
inline constexpr std::string_view pong_packet = "3";

struct open_limits {
    std::size_t max_packet = 65536;  ///< Bytes of the packet.
    std::size_t max_sid = 256;       ///< Bytes of the session's id.
    /// Longest of the two times. Default a day.
    std::chrono::milliseconds max_ping = std::chrono::hours{24};
};

/// What a server says when it opens a session.
struct open_data {
    std::string sid{};
    bool upgrades_to_websocket = false;
    std::chrono::milliseconds ping_interval{};
    std::chrono::milliseconds ping_timeout{};
    std::uint64_t max_payload = 0;  ///< Bytes of one POST; 0 = none was said, as by old servers.
};

struct decoded_open {
    std::optional<open_data> value{};
    std::string_view wrong{};  ///< Why there is none: a literal, for the log.
};

/// Decodes the data of the packet that opens a session, its type digit cut off; members that are
/// not known are skipped.
///
/// Spec:   engine.io-protocol v4, "Handshake"; v3, "Packet", 0 open.
/// Limits: `limits`; 8 levels of nesting. Times are whole and from 1 ms.
/// Cost:   linear.
[[nodiscard]] decoded_open decode_open(std::string_view data, open_limits const& limits = {});

/// What a server refuses a request with.
struct refusal_data {
    refusal why = refusal::bad_request;
    std::string message{};  ///< Of the server's own, 256 bytes of it at most.
};

/// Decodes the body of a refusal; nothing when it is not one, as the answers of proxies are not.
///
/// Limits: bodies over 4096 bytes are none.
[[nodiscard]] std::optional<refusal_data> decode_refusal(std::string_view body);

/// What a client's request says in its query.
struct client_query {
    revision protocol = revision::v4;
    std::string_view transport{};     ///< "polling" or "websocket".
    std::string_view sid{};           ///< Empty for a new session.
    bool b64 = false;                 ///< No binary, please.
    std::string_view cache_buster{};  ///< `t`, of the caller's making; empty for none.
    /// The application's own, encoded and without `?`. It comes first, so that of keys that are
    /// there twice ours count.
    std::string_view application{};
};

/// Appends the query of a request, without its `?`; `parse_query` reads it.
///
/// Spec: engine.io-protocol v4, "Endpoint"; URL standard, urlencoded serializing.
void append_query(std::string& out, client_query const& query);

/// `Content-Type` of a POST.
[[nodiscard]] constexpr std::string_view post_content_type(bool binary) noexcept {
    return binary ? "application/octet-stream" : "text/plain;charset=UTF-8";
}

/// Whether an answer of this `Content-Type` is in v3's octet-stream format.
[[nodiscard]] bool is_binary_content(std::string_view content_type) noexcept;

/// How many of these packets one POST may carry, so that its body is within `max_payload` bytes:
/// the first goes whatever its size, as the server has to judge it.
///
/// Spec:     engine.io-protocol v4, "maxPayload".
/// Requires: `packets` is not empty.
/// Limits:   0 = any number.
/// Cost:     linear in the bytes.
[[nodiscard]] std::size_t count_fitting(revision r,
                                        std::span<outgoing const> packets,
                                        std::uint64_t max_payload) noexcept;

}  // namespace anywire::engineio

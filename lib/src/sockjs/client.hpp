#pragma once

#include "core/json_messages.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

// What only a client reads and writes; the bodies that frames come in are in body_readers.hpp.
namespace anywire::sockjs {

/// What a server says in one frame.
struct server_frame {
    enum class kind : std::uint8_t { open, heartbeat, messages, close };
    kind what = kind::heartbeat;
    std::span<std::string_view const> messages{};
    int code = 0;          ///< Of `close`.
    std::string reason{};  ///< Of `close`.
};

struct decoded_frame {
    std::optional<server_frame> value{};
    std::string_view wrong{};  ///< Why there is none: a literal, for the log.
};

/// Decodes a frame: `o`, `h`, `a[...]`, `m"..."` or `c[code,"reason"]`. A line of nothing but `h`,
/// as streams begin with, is a heartbeat.
///
/// Spec:   sockjs-protocol, "Framing"; RFC 8259.
/// Borrow: messages point into `frame` or `store`, until either changes.
/// Limits: those of `json_messages`; a reason is 1024 bytes at most. The carrier holds `frame` to
///         its limit.
/// Cost:   linear.
[[nodiscard]] decoded_frame decode_server_frame(std::string_view frame, json_messages& store);

/// Appends what a client sends, by `xhr_send` or in a text message: `["...","..."]`.
///
/// Spec: sockjs-protocol, "XhrPolling" and "Websocket".
void append_send_body(std::string& out, std::span<std::string_view const> messages);

/// What `GET <prefix>/info` answers.
struct info_data {
    bool websocket = true;
    bool cookie_needed = false;
    std::string base_url{};  ///< Where the sessions are, if elsewhere than asked; empty if not.
};

/// Decodes the body of an info; nothing when it is not an object. As clients are lenient, what is
/// missing has its default, and members of other types count as missing.
///
/// Spec:   sockjs-protocol, "Info test".
/// Limits: 65536 bytes; 16 levels of nesting; a `base_url` is 2048 bytes at most, of printable
///         ASCII, or there is no info.
[[nodiscard]] std::optional<info_data> decode_info(std::string_view body);

}  // namespace anywire::sockjs

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The body of requests and answers between the gateway and an application behind HTTP hooks: what
/// Pushpin's WebSocket-Over-HTTP protocol calls application/websocket-events. An event is a line
/// with its name, and where it has content, a blank and the content's bytes in hexadecimal; then
/// the content and a line end: "TEXT 5\r\nhello\r\n".
namespace anywire::gateway {

inline constexpr std::string_view websocket_events_type = "application/websocket-events";

enum class event_kind : std::uint8_t { open, text, binary, close, disconnect, other };

/// Borrow: the body.
struct websocket_event {
    event_kind what = event_kind::other;
    std::string_view content{};
};

/// Appends an event without content, or with.
void append_event(std::string& out, std::string_view name);
void append_event(std::string& out, std::string_view name, std::string_view content);

/// Reads events one after the other.
///
/// Cost: linear; no allocation.
class event_reader {
public:
    event_reader() noexcept = default;
    explicit event_reader(std::string_view body) noexcept : rest_(body) {}

    /// The next one; nothing at the end, and where the rest is none.
    std::optional<websocket_event> next() noexcept;
    bool is_at_end() const noexcept { return rest_.empty(); }

private:
    std::string_view rest_{};
};

/// Whether a body is events from its beginning to its end.
[[nodiscard]] bool are_events(std::string_view body) noexcept;

}  // namespace anywire::gateway

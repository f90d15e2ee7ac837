#pragma once

#include <anywire/error.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

// How a client finds the frames in what a server answers, as the bytes arrive. A frame that lies in
// the input whole is borrowed; of one that does not, what has come is kept, within the limit.
namespace anywire::sockjs {

/// Finds the frames in a body of xhr or xhr_streaming: the lines of it. Empty lines are skipped,
/// and what comes after the last LF is not a frame.
///
/// Spec:   sockjs-protocol, "XhrPolling", "XhrStreaming".
/// Limits: lines of `max_line` bytes, 2048 or more, or a prelude is refused.
class line_reader {
public:
    explicit line_reader(std::size_t max_line) noexcept : max_line_(max_line) {}

    /// The next frame, advancing `in` past it; nothing when more must arrive, or after an error.
    ///
    /// Borrow: the frame points into `in` or this object, until the next call.
    [[nodiscard]] std::optional<std::string_view> next(std::string_view& in);

    /// `errc::message_too_big` once a line was over the limit: all else is ignored then.
    [[nodiscard]] error_code error() const noexcept { return error_; }

    /// Whether a line has begun and not ended.
    [[nodiscard]] bool has_partial() const noexcept { return !given_ && !line_.empty(); }

private:
    std::size_t max_line_;
    std::string line_{};
    bool given_ = false;  // the line was handed out, and goes at the next call
    error_code error_{};
};

/// Reads an event stream.
///
/// Spec:   HTML, "Server-sent events", 9.2.5 and 9.2.6: lines end by CR, LF or CRLF, comments and
///         unknown fields are skipped, an event without data is none. Of the fields, `data` and
///         `event` are kept: a SockJS stream is not resumed, so `id` and `retry` say nothing.
/// Limits: `max_event` bytes of data of one event, and as many of any one line.
class event_stream_reader {
public:
    struct event {
        std::string_view type{"message"};
        std::string_view data{};
    };

    explicit event_stream_reader(std::size_t max_event) noexcept : max_(max_event) {}

    /// The next event, advancing `in` past it; nothing when more must arrive, or after an error.
    ///
    /// Borrow: the event points into this object, until the next call.
    /// Cost:   linear in the input; a copy of the data.
    [[nodiscard]] std::optional<event> next(std::string_view& in);

    /// `errc::message_too_big` once the limit was passed: all else is ignored then.
    [[nodiscard]] error_code error() const noexcept { return error_; }

    /// Bytes kept of what is unfinished.
    [[nodiscard]] std::size_t kept_bytes() const noexcept {
        return line_.size() + data_.size() + type_.size();
    }

private:
    bool end_line(std::string_view piece);
    bool take_line(std::string_view line);
    void fail() noexcept;

    std::size_t max_;
    std::string line_{};  // the start of one that has not ended
    std::string data_{};
    std::string type_{};
    bool given_ = false;  // an event was handed out, and goes at the next call
    bool has_data_ = false;
    bool after_cr_ = false;  // an LF would belong to the line that has ended
    bool at_start_ = true;   // a byte order mark may come
    error_code error_{};
};

/// Undoes how SockJS escapes the data of an event, as `decodeURI` does: `%25` is `%`. Escapes of
/// `;/?:@&=+$,#` stay, and so does what is not an escape, where `decodeURI` would throw: not every
/// server escapes.
///
/// Borrow: the result points into `data` or `room`.
[[nodiscard]] std::string_view decode_event_data(std::string_view data, std::string& room);

}  // namespace anywire::sockjs

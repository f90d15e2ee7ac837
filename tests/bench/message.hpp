#pragma once

#include "transport.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// What clients send: a letter that tells the server what to do ("e" for echo, "b" for broadcast),
/// ten digits that count, and filler up to the size.
class message {
public:
    message(char kind, std::size_t bytes);

    /// Borrow: until the next call.
    std::string_view numbered(std::uint64_t n) noexcept;

    /// The number in a message that came back; -1 where there is none.
    static std::int64_t number_of(std::string_view text) noexcept;

private:
    static constexpr std::size_t digits = 10;
    std::string text_;
};

/// Appends messages `first` to `first + count - 1` as masked WebSocket frames.
void append_frames(
    std::string& out, dialect d, message& m, std::uint64_t first, std::uint64_t count);

/// Appends them to the body of a POST that holds what is in `out`.
void append_body(std::string& out, dialect d, message& m, std::uint64_t first, std::uint64_t count);

/// Appends one masked WebSocket frame.
void append_frame(std::string& out, unsigned first_byte, std::string_view payload);

/// Compressed WebSocket frames, ready to be sent, of messages of JSON that differ in their values;
/// each is compressed by itself. The first letter of the text is `{`.
std::vector<std::string> make_deflated_frames(std::size_t bytes, unsigned count);

}  // namespace bench

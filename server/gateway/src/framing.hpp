#pragma once

#include "settings.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace anywire::gateway {

struct framing_options {
    framing_kind kind = framing_kind::lines;
    bool binary = false;                  ///< Messages of the peer's are bytes; else UTF-8.
    std::size_t max_message = 1u << 20u;  ///< Bytes of a message of the peer's, without framing.
};

/// What some bytes of the peer's have brought.
enum class deframed : std::uint8_t {
    nothing,   ///< More bytes are needed.
    message,   ///< A message is there.
    too_long,  ///< It is longer than `framing_options::max_message`, or will be.
    not_utf8,  ///< It is no text, and should be.
    cut_off,   ///< The peer has ended within it.
};

struct deframed_message {
    deframed what = deframed::nothing;
    std::string_view data{};  ///< Valid until the next call, and as long as the bytes given.
};

/// Finds messages in the bytes of a stream, whatever pieces these come in.
///
/// `lines`: a message ends with LF or CR LF, which are no part of it; the last may go without.
/// `length32`: four bytes of length, big endian, then so many bytes.
/// Limits: keeps of a message that is not complete `max_message` and one more byte at most, and
///         nothing between messages. What is announced is not reserved.
/// Errors: after one, all that follows is answered with the same.
class deframer {
public:
    explicit deframer(framing_options const& options) noexcept : options_(options) {}

    /// Takes bytes off the front of `in`, up to the end of a message or all.
    [[nodiscard]] deframed_message next(std::string_view& in);
    /// The peer sends no more: what is left.
    [[nodiscard]] deframed_message finish();

    framing_options const& options() const noexcept { return options_; }

private:
    deframed_message next_line(std::string_view& in);
    deframed_message next_length32(std::string_view& in);
    bool take_head(std::string_view& in);
    deframed_message judge(std::string_view message);
    deframed_message fail(deframed why);
    void drop_given();

    framing_options options_;
    std::string part_{};  ///< Of a message that has come in pieces.
    std::array<unsigned char, 4> head_{};
    std::uint32_t length_ = 0;  ///< What the head announces, once it is there.
    std::uint8_t head_bytes_ = 0;
    bool is_given_ = false;  ///< What is in `part_` has been handed out.
    deframed failure_ = deframed::nothing;
};

/// Why a message cannot be framed.
enum class unframed : std::uint8_t {
    no,            ///< It can.
    has_line_end,  ///< It holds a LF or a CR: the other end would see two messages in it.
    too_long,      ///< Its length does not fit into 32 bits.
};

/// Appends a message as it goes over the stream; the inverse of `deframer`.
///
/// Errors: what `unframed` says; nothing was appended.
[[nodiscard]] unframed append_framed(std::string& out, framing_kind kind, std::string_view message);

}  // namespace anywire::gateway

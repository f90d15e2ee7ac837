#pragma once

#include <anywire/json/view.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace anywire {

/// What becomes of bytes, which JSON does not know.
enum class json_bytes : std::uint8_t {
    beside,  ///< They are attachments, and placeholders stand in the text: for Socket.IO.
    base64,  ///< A string of base64 (RFC 4648, section 4) in the text.
};

/// Appends JSON to a text and collects the bytes that go beside it.
///
/// Values outside an array or object are separated by commas, too: several of them are the inside
/// of an array.
///
/// Borrow: the text given to the constructor.
class json_writer {
public:
    explicit json_writer(std::string& out, json_bytes how = json_bytes::beside) noexcept
        : out_(out), how_(how) {}

    void null();
    void boolean(bool value);
    /// Every digit of it; JavaScript rounds what is beyond 2^53.
    void number(std::int64_t value);
    void number(std::uint64_t value);
    /// The shortest text that reads back as the same value, or all digits of an integral value that
    /// fits 64 bits; null for NaN and infinities, and 0 for negative zero, as browsers write them.
    void number(double value);
    void number(float value);
    template <std::integral T>
    void number(T value) {
        if constexpr (std::is_signed_v<T>)
            number(static_cast<std::int64_t>(value));
        else
            number(static_cast<std::uint64_t>(value));
    }

    /// A string; what is not UTF-8 in it becomes U+FFFD.
    void string(std::string_view text);

    /// Bytes: a copy of them is the next attachment and a placeholder stands in the text, or they
    /// are a string there.
    void bytes(std::span<std::byte const> value);

    void begin_array();
    void end_array();
    void begin_object();
    void end_object();
    /// The key of the member whose value comes next.
    void key(std::string_view name);

    /// A value as it is. What it refers to of its attachments is copied, one for each reference,
    /// and numbered anew.
    ///
    /// Cost: linear; a plain copy where there are no attachments.
    void raw(json_view value);

    [[nodiscard]] std::vector<std::string> const& attachments() const noexcept {
        return attachments_;
    }
    [[nodiscard]] std::vector<std::string> take_attachments() noexcept {
        return std::exchange(attachments_, {});
    }

private:
    void separate();
    void append_bytes(std::string_view value);

    std::string& out_;
    std::vector<std::string> attachments_{};
    json_bytes how_;
    bool comma_ = false;  // before the next value
};

}  // namespace anywire

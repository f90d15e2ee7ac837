#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace anywire {

/// Whether `text` is UTF-8: no surrogates, no overlong forms, nothing above U+10FFFF.
///
/// Spec: RFC 3629.
/// Cost: linear; 16 bytes at a time where the text is ASCII.
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

/// Validates UTF-8 that arrives in pieces.
class utf8_validator {
public:
    /// Takes the next piece; false as soon as the bytes so far cannot begin any UTF-8 text, and
    /// from then on.
    [[nodiscard]] bool feed(std::string_view piece) noexcept;

    /// Whether the bytes so far are UTF-8, not ending inside a code point.
    [[nodiscard]] bool complete() const noexcept { return missing_ == 0; }

    /// Takes one byte; what `feed` is for one.
    [[nodiscard]] bool feed_byte(unsigned char byte) noexcept;

private:
    static constexpr std::uint8_t failed = 0xff;

    std::uint8_t missing_ = 0;  // continuation bytes still to come
    std::uint8_t low_ = 0x80;   // bounds of the next of them
    std::uint8_t high_ = 0xbf;
};

/// Appends `text`, each maximal part that is not UTF-8 replaced by U+FFFD.
///
/// Spec: Unicode 15, section 3.9, "U+FFFD Substitution of Maximal Subparts".
void append_utf8_repaired(std::string& out, std::string_view text);

/// The same where what is appended would be `most` bytes at most; false where it would be more:
/// then only a part is there.
///
/// Limits: a byte may become three.
[[nodiscard]] bool append_utf8_repaired(std::string& out, std::string_view text, std::size_t most);

}  // namespace anywire

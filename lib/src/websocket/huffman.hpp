#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace anywire::websocket {

/// The last `length` bits in reverse order.
[[nodiscard]] constexpr unsigned reversed(unsigned code, unsigned length) noexcept {
    code = (code & 0x5555) << 1 | (code >> 1 & 0x5555);
    code = (code & 0x3333) << 2 | (code >> 2 & 0x3333);
    code = (code & 0x0f0f) << 4 | (code >> 4 & 0x0f0f);
    code = (code & 0x00ff) << 8 | (code >> 8 & 0x00ff);
    return code >> (16 - length);
}

/// A Huffman code, as a table of what its first `Bits` bits say and the canonical lists after it.
template <unsigned Bits, std::size_t Symbols>
class huffman_code {
public:
    static constexpr unsigned max_length = 15;

    /// Takes a code apart by the lengths of its symbols; false where there is no such code.
    ///
    /// Spec: RFC 1951, section 3.2.2. A code of one symbol may be incomplete, as zlib has it.
    [[nodiscard]] bool build(std::span<std::uint8_t const> lengths) noexcept;

    static constexpr std::uint16_t more = 0, wrong = 0xffff;

    /// The symbol that `hold` starts with, of which `bits` bits are there: symbol * 16 + length;
    /// `more` where its end is not there yet, `wrong` where none starts so.
    [[nodiscard]] std::uint16_t decode(std::uint64_t hold, unsigned bits) const noexcept {
        auto const entry = first_[hold & (first_.size() - 1)];
        if (entry != 0) return (entry & 15u) <= bits ? entry : more;
        return decode_long(hold, bits);
    }

private:
    using by_length = std::array<std::uint16_t, max_length + 1>;

    /// Where each length's symbols begin, and its first code; false where there is no such code.
    [[nodiscard]] bool lay_out(by_length& at, by_length& code) const noexcept;
    [[nodiscard]] std::uint16_t decode_long(std::uint64_t hold, unsigned bits) const noexcept;

    // Set by `build`.
    std::array<std::uint16_t, std::size_t{1} << Bits> first_;  // 0 where a code is longer, or none
    std::array<std::uint16_t, max_length + 1> counts_;         // of each length
    std::array<std::uint16_t, Symbols> symbols_;               // by length, then in their order
};

template <unsigned Bits, std::size_t Symbols>
bool huffman_code<Bits, Symbols>::build(std::span<std::uint8_t const> lengths) noexcept {
    counts_.fill(0);
    first_.fill(0);
    for (auto const length : lengths)
        if (length != 0) ++counts_[length];
    by_length at{};
    by_length code{};
    if (!lay_out(at, code)) return false;
    for (std::size_t symbol = 0; symbol < lengths.size(); ++symbol) {
        unsigned const n = lengths[symbol];
        if (n == 0) continue;
        symbols_[at[n]++] = static_cast<std::uint16_t>(symbol);
        auto const bits = code[n]++;
        if (n > Bits) continue;
        for (std::size_t i = reversed(bits, n); i < first_.size(); i += std::size_t{1} << n)
            first_[i] = static_cast<std::uint16_t>(symbol << 4 | n);
    }
    return true;
}

template <unsigned Bits, std::size_t Symbols>
bool huffman_code<Bits, Symbols>::lay_out(by_length& at, by_length& code) const noexcept {
    int left = 1;
    unsigned longest = 0;
    for (unsigned n = 1; n <= max_length; ++n) {
        left = 2 * left - counts_[n];
        if (left < 0) return false;
        if (counts_[n] != 0) longest = n;
        if (n == max_length) break;
        at[n + 1] = static_cast<std::uint16_t>(at[n] + counts_[n]);
        code[n + 1] = static_cast<std::uint16_t>((code[n] + counts_[n]) << 1);
    }
    return left == 0 || longest <= 1;
}

// Codes longer than the table is wide, which are rare: bit by bit.
template <unsigned Bits, std::size_t Symbols>
std::uint16_t huffman_code<Bits, Symbols>::decode_long(std::uint64_t hold,
                                                       unsigned bits) const noexcept {
    unsigned code = 0;
    unsigned first = 0;
    unsigned index = 0;
    for (unsigned n = 1; n <= max_length; ++n, hold >>= 1) {
        if (n > bits) return more;
        code |= static_cast<unsigned>(hold & 1);
        unsigned const count = counts_[n];
        if (code < first + count) {
            unsigned const symbol = symbols_[index + code - first];
            return static_cast<std::uint16_t>(symbol << 4 | n);
        }
        index += count;
        first = (first + count) << 1;
        code <<= 1;
    }
    return wrong;
}

/// The codes of blocks that bring none.
///
/// Spec: RFC 1951, section 3.2.6.
template <class Literals, class Distances>
struct fixed_codes {
    Literals literals;
    Distances distances;

    fixed_codes() noexcept {
        std::array<std::uint8_t, 288> lengths{};
        std::fill(lengths.begin(), lengths.begin() + 144, std::uint8_t{8});
        std::fill(lengths.begin() + 144, lengths.begin() + 256, std::uint8_t{9});
        std::fill(lengths.begin() + 256, lengths.begin() + 280, std::uint8_t{7});
        std::fill(lengths.begin() + 280, lengths.end(), std::uint8_t{8});
        static_cast<void>(literals.build(lengths));
        std::array<std::uint8_t, 32> even{};
        even.fill(5);
        static_cast<void>(distances.build(even));
    }
};

}  // namespace anywire::websocket

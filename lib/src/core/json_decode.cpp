// What strings and numbers in JSON stand for.
#include "core/json_hex.hpp"
#include "core/json_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <system_error>

namespace anywire::detail {
namespace {

using std::string_view;

// What `\c` stands for.
char short_escape(char c) noexcept {
    switch (c) {
        case 'b': return '\b';
        case 'f': return '\f';
        case 'n': return '\n';
        case 'r': return '\r';
        case 't': return '\t';
        default: return c;
    }
}

// One code point in UTF-8.
struct utf8_char {
    std::array<char, 4> bytes{};
    std::size_t size = 0;

    explicit utf8_char(char32_t c) noexcept {
        if (c < 0x80) {
            put(c);
        } else if (c < 0x800) {
            put(0xc0 | (c >> 6));
            put_continuation(c);
        } else if (c < 0x10000) {
            put(0xe0 | (c >> 12));
            put_continuation(c >> 6);
            put_continuation(c);
        } else {
            put(0xf0 | (c >> 18));
            put_continuation(c >> 12);
            put_continuation(c >> 6);
            put_continuation(c);
        }
    }

    void put(char32_t byte) noexcept { bytes[size++] = static_cast<char>(byte); }
    void put_continuation(char32_t bits) noexcept { put(0x80 | (bits & 0x3f)); }
    string_view view() const noexcept { return {bytes.data(), size}; }
};

// Takes the escape that `rest` starts with.
char32_t take_escape(string_view& rest) noexcept {
    auto const unit = decode_unit(rest);
    if (!unit) {
        auto const c = rest.size() > 1 ? short_escape(rest[1]) : '\\';
        rest.remove_prefix(rest.size() > 1 ? 2 : 1);
        return static_cast<unsigned char>(c);
    }
    rest.remove_prefix(6);
    if (is_low_surrogate(*unit)) return 0xfffd;
    if (!is_high_surrogate(*unit)) return *unit;
    auto const low = decode_unit(rest);
    if (!low || !is_low_surrogate(*low)) return 0xfffd;
    rest.remove_prefix(6);
    return 0x10000 + ((*unit & 0x3ff) << 10) + (*low & 0x3ff);
}

string_view between_quotes(string_view quoted) noexcept {
    return quoted.size() < 2 ? string_view{} : quoted.substr(1, quoted.size() - 2);
}

// Hands what a string stands for to `take`, piece by piece, for as long as that says yes.
template <class Take>
bool each_piece(string_view quoted, Take take) {
    auto rest = between_quotes(quoted);
    while (!rest.empty()) {
        auto const run = verbatim_run(rest, [](char32_t) { return false; });
        if (run != 0 && !take(rest.substr(0, run))) return false;
        rest.remove_prefix(run);
        if (rest.empty()) break;
        if (rest[0] == '\\') {
            if (!take(utf8_char(take_escape(rest)).view())) return false;
        } else {
            auto const step = decode_utf8(rest);
            if (!take(utf8_char(step.code_point).view())) return false;
            rest.remove_prefix(step.length);
        }
    }
    return true;
}

// A number taken apart: 0.d1d2d3... times ten to the power of `point`.
struct decimal {
    bool negative = false;
    string_view digits{};    // from the first to the last that is not zero; may hold one '.'
    std::size_t count = 0;   // of digits
    std::int64_t point = 0;  // meaningless when there are no digits
};

// Of hostile length, so bounded: beyond this every number is out of every range.
std::int64_t parse_exponent(string_view text) noexcept {
    constexpr std::int64_t bound = std::int64_t{1} << 40;
    auto const negative = !text.empty() && text[0] == '-';
    if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
    std::int64_t value = 0;
    for (auto const c : text)
        if (value < bound && c >= '0' && c <= '9') value = value * 10 + (c - '0');
    return negative ? -value : value;
}

decimal take_apart(string_view number) noexcept {
    decimal out;
    if (!number.empty() && number[0] == '-') {
        out.negative = true;
        number.remove_prefix(1);
    }
    auto const e = number.find_first_of("eE");
    auto const mantissa = number.substr(0, e);
    auto const dot = std::min(mantissa.find('.'), mantissa.size());
    auto const first = mantissa.find_first_not_of("0.");
    if (first == mantissa.npos) return out;
    auto const last = mantissa.find_last_not_of("0.");
    auto const has_dot = first < dot && dot < last;
    out.digits = mantissa.substr(first, last + 1 - first);
    out.count = out.digits.size() - (has_dot ? 1 : 0);
    auto const gap = first < dot ? static_cast<std::int64_t>(dot - first)
                                 : -static_cast<std::int64_t>(first - dot - 1);
    out.point = gap + (e == number.npos ? 0 : parse_exponent(number.substr(e + 1)));
    return out;
}

// The value of an integer written as such, as almost all are.
template <class T>
std::optional<T> parse_plain(string_view number) noexcept {
    T value = 0;
    auto const end = number.data() + number.size();
    auto const [stop, error] = std::from_chars(number.data(), end, value);
    return error == std::errc{} && stop == end ? std::optional(value) : std::nullopt;
}

std::optional<std::uint64_t> magnitude(decimal const& d) noexcept {
    if (d.count == 0) return 0;
    // 2^64 has 20 digits.
    if (d.point < static_cast<std::int64_t>(d.count) || d.point > 20) return std::nullopt;
    std::uint64_t value = 0;
    auto const push = [&value](unsigned digit) {
        return !__builtin_mul_overflow(value, 10u, &value) &&
               !__builtin_add_overflow(value, digit, &value);
    };
    for (auto const c : d.digits)
        if (c != '.' && !push(static_cast<unsigned>(c - '0'))) return std::nullopt;
    for (auto i = static_cast<std::int64_t>(d.count); i < d.point; ++i)
        if (!push(0)) return std::nullopt;
    return value;
}

template <class T>
std::optional<T> to_floating(string_view number) noexcept {
    T value = 0;
    auto const end = number.data() + number.size();
    auto const [stop, error] = std::from_chars(number.data(), end, value);
    if (error == std::errc{} && stop == end) return value;
    if (error != std::errc::result_out_of_range) return std::nullopt;
    // Both ends of the range are reported so; only the magnitude tells them apart.
    auto const parts = take_apart(number);
    if (parts.point > 0) return std::nullopt;
    return parts.negative ? -T{0} : T{0};
}

}  // namespace

void append_decoded(std::string& out, string_view quoted) {
    each_piece(quoted, [&out](string_view piece) {
        out.append(piece);
        return true;
    });
}

bool decodes_to(string_view quoted, string_view text) noexcept {
    auto const whole = each_piece(quoted, [&text](string_view piece) {
        if (!text.starts_with(piece)) return false;
        text.remove_prefix(piece.size());
        return true;
    });
    return whole && text.empty();
}

std::optional<std::uint64_t> to_uint64(string_view number) noexcept {
    if (auto const plain = parse_plain<std::uint64_t>(number)) return plain;
    auto const parts = take_apart(number);
    auto const value = magnitude(parts);
    if (parts.negative && value != 0u) return std::nullopt;
    return value;
}

std::optional<std::int64_t> to_int64(string_view number) noexcept {
    if (auto const plain = parse_plain<std::int64_t>(number)) return plain;
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    auto const parts = take_apart(number);
    auto const value = magnitude(parts);
    if (!value) return std::nullopt;
    if (!parts.negative)
        return *value <= most ? std::optional(static_cast<std::int64_t>(*value)) : std::nullopt;
    if (*value > most + 1) return std::nullopt;
    return static_cast<std::int64_t>(~*value + 1);
}

std::optional<double> to_double(string_view number) noexcept {
    return to_floating<double>(number);
}

std::optional<float> to_float(string_view number) noexcept {
    return to_floating<float>(number);
}

}  // namespace anywire::detail

#include "proxy_header.hpp"

#include "address_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace anywire::http {
namespace {

constexpr std::string_view signature{"\r\n\r\n\0\r\nQUIT\n", 12};
constexpr std::string_view line_start = "PROXY ";

// Version 2: commands, families with SOCK_STREAM, types of the fields after the addresses.
constexpr unsigned local_command = 0;
constexpr unsigned proxy_command = 1;
constexpr unsigned tcp_over_v4 = 0x11;
constexpr unsigned tcp_over_v6 = 0x21;
constexpr unsigned unix_stream = 0x31;
constexpr unsigned crc_type = 0x03;
constexpr unsigned tls_type = 0x20;
constexpr std::size_t field_head = 3;
constexpr std::size_t crc_size = 4;
constexpr std::size_t least_tls_size = 5;  // what the client has used, and a verdict
constexpr unsigned client_used_tls = 0x01;

unsigned byte(std::string_view s, std::size_t i) noexcept {
    return static_cast<unsigned char>(s[i]);
}

std::size_t number16(std::string_view s, std::size_t at) noexcept {
    return byte(s, at) << 8 | byte(s, at + 1);
}

std::uint32_t number32(std::string_view s, std::size_t at) noexcept {
    return static_cast<std::uint32_t>(number16(s, at) << 16 | number16(s, at + 2));
}

/// CRC-32C (Castagnoli). Bit by bit: a header has one, and few bytes.
std::uint32_t crc32c(std::string_view bytes, std::size_t zeros_at) noexcept {
    constexpr std::uint32_t reversed_polynomial = 0x82f6'3b78;
    std::uint32_t crc = ~std::uint32_t{0};
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (i - zeros_at >= crc_size) crc ^= byte(bytes, i);  // its own place counts as zeros
        for (int bit = 0; bit < 8; ++bit)
            crc = (crc & 1) != 0 ? crc >> 1 ^ reversed_polynomial : crc >> 1;
    }
    return ~crc;
}

/// Up to the next blank, which goes, too.
std::string_view take_word(std::string_view& rest) noexcept {
    auto const blank = std::min(rest.find(' '), rest.size());
    auto const word = rest.substr(0, blank);
    rest.remove_prefix(std::min(rest.size(), blank + 1));
    return word;
}

bool is_port(std::string_view s) noexcept {
    unsigned port = 0;
    auto const [end, ec] = std::from_chars(s.data(), s.data() + s.size(), port);
    return ec == std::errc{} && end == s.data() + s.size() && port <= 0xffff &&
           (s.size() == 1 || !s.starts_with('0'));
}

/// Bytes of the addresses of a family; 0 for one that says none.
std::size_t address_block(unsigned family) noexcept {
    switch (family >> 4) {
        case 1: return 12;
        case 2: return 36;
        case 3: return 216;
        default: return 0;
    }
}

}  // namespace

proxy_header_reader::status proxy_header_reader::fail(std::string_view why) noexcept {
    error_ = why;
    return status::error;
}

proxy_header_reader::status proxy_header_reader::feed(std::string_view bytes, std::size_t& used) {
    used = 0;
    // Which version it is the first bytes say: no prefix of one is one of the other.
    auto const first =
        header_.empty() ? bytes.substr(0, 1) : std::string_view(header_).substr(0, 1);
    if (first.empty()) return status::more;
    if (first == line_start.substr(0, 1)) return feed_line(bytes, used);
    if (first == signature.substr(0, 1)) return feed_binary(bytes, used);
    return fail("it begins with something else");
}

// -- version 1: a line of text --------------------------------------------------------------------

proxy_header_reader::status proxy_header_reader::feed_line(std::string_view bytes,
                                                           std::size_t& used) {
    auto const mine = bytes.substr(0, longest_line - header_.size());
    auto const end = mine.find('\n');
    used = end == std::string_view::npos ? mine.size() : end + 1;
    header_.append(mine.substr(0, used));
    auto const known = std::min(header_.size(), line_start.size());
    if (std::string_view(header_).substr(0, known) != line_start.substr(0, known))
        return fail("it begins with something else");
    if (end != std::string_view::npos)
        return read_line() ? status::done : fail("its line is malformed");
    return header_.size() < longest_line ? status::more : fail("its line is too long");
}

bool proxy_header_reader::read_line() {
    std::string_view rest(header_);
    if (!rest.ends_with("\r\n")) return false;
    rest.remove_suffix(2);
    if (!rest.starts_with(line_start) || rest.find_first_of("\r%") != std::string_view::npos)
        return false;
    rest.remove_prefix(line_start.size());
    auto const family = take_word(rest);
    if (family == "UNKNOWN") return true;  // whatever else it says
    auto const is_v6 = family == "TCP6";
    if (!is_v6 && family != "TCP4") return false;
    auto const source = parse_address(take_word(rest), is_v6 ? ip_version::v6 : ip_version::v4);
    auto const target = parse_address(take_word(rest), is_v6 ? ip_version::v6 : ip_version::v4);
    auto const source_port = take_word(rest);
    if (!source || !target || !is_port(source_port) || !is_port(rest)) return false;
    client_.address = to_text(*source);
    return true;
}

// -- version 2: binary ----------------------------------------------------------------------------

proxy_header_reader::status proxy_header_reader::feed_binary(std::string_view bytes,
                                                             std::size_t& used) {
    if (header_.size() < prefix_size) {
        used = std::min(bytes.size(), prefix_size - header_.size());
        header_.append(bytes.substr(0, used));
        bytes.remove_prefix(used);
        auto const known = std::min(header_.size(), signature.size());
        if (std::string_view(header_).substr(0, known) != signature.substr(0, known))
            return fail("it begins with something else");
        if (header_.size() < prefix_size) return status::more;
        if (byte(header_, 12) >> 4 != 2 || (byte(header_, 12) & 15) > proxy_command)
            return fail("its version or command is not known");
        if (byte(header_, 13) >> 4 > 3 || (byte(header_, 13) & 15) > 2)
            return fail("its address family or protocol is not known");
        if (number16(header_, 14) > most_after_prefix) return fail("it is too long");
    }
    auto const missing = prefix_size + number16(header_, 14) - header_.size();
    auto const taken = std::min(bytes.size(), missing);
    header_.append(bytes.substr(0, taken));
    used += taken;
    if (taken < missing) return status::more;
    return read_binary() ? status::done : fail("its fields are malformed");
}

bool proxy_header_reader::read_binary() {
    if ((byte(header_, 12) & 15) == local_command) return true;  // the rest says nothing
    auto const family = byte(header_, 13);
    auto const size = address_block(family);
    auto const rest = std::string_view(header_).substr(prefix_size);
    if (rest.size() < size) return false;
    address_bytes source{};
    if (family == tcp_over_v4) {
        source = mapped(rest.substr(0, 4));
        client_.address = to_text(source);
    } else if (family == tcp_over_v6) {
        std::copy_n(rest.begin(), source.size(), source.begin());
        client_.address = to_text(source);
    } else if (family == unix_stream) {
        client_.address = unix_address;
    }
    return read_fields(rest.substr(size), prefix_size + size);
}

/// What follows the addresses, which is at `at` of the header.
bool proxy_header_reader::read_fields(std::string_view fields, std::size_t at) {
    auto has_crc = false;
    while (!fields.empty()) {
        if (fields.size() < field_head) return false;
        auto const type = byte(fields, 0);
        auto const size = number16(fields, 1);
        if (fields.size() - field_head < size) return false;
        auto const value = fields.substr(field_head, size);
        if (type == crc_type) {
            if (has_crc || size != crc_size ||
                number32(value, 0) != crc32c(header_, at + field_head))
                return false;
            has_crc = true;
        } else if (type == tls_type) {
            if (size < least_tls_size) return false;
            client_.is_secure = (byte(value, 0) & client_used_tls) != 0;
        }
        fields.remove_prefix(field_head + size);
        at += field_head + size;
    }
    return true;
}

}  // namespace anywire::http

// A chunked body must decode the same whole and in pieces, and as a slow decoder written apart
// says; what it accepts, encoded again, decodes to the same.
#include "chunked_body.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

using anywire::http::chunked_body;
using status = chunked_body::status;

namespace {

constexpr std::uint64_t max_body = 64;
constexpr std::size_t max_overhead = 32;

void require(bool held) {
    if (!held) std::abort();
}

struct outcome {
    status end = status::need_more;
    std::size_t used = 0;
    std::string data{};

    bool operator==(outcome const&) const = default;
};

outcome decode(std::string_view bytes, std::size_t step) {
    chunked_body body(max_body, max_overhead);
    outcome o;
    while (o.used < bytes.size()) {
        auto const rest = bytes.substr(o.used, step);
        std::size_t used = 0;
        std::string_view piece;
        o.end = body.next(rest, used, piece);
        require(used <= rest.size() && piece.size() <= used);
        require((o.end == status::data) == !piece.empty());
        require(o.end != status::need_more || used == rest.size());
        o.used += used;
        o.data.append(piece);
        require(o.data.size() <= max_body);
        if (o.end != status::data && o.end != status::need_more) return o;
    }
    o.end = status::need_more;
    return o;
}

/// The line at the start of `bytes` without its end, cut off; nothing where CRLF does not end it.
std::optional<std::string_view> take_line(std::string_view& bytes) {
    auto const lf = bytes.find('\n');
    if (lf == bytes.npos || lf == 0 || bytes[lf - 1] != '\r') return std::nullopt;
    auto const line = bytes.substr(0, lf - 1);
    for (char const c : line)
        if ((c >= 0 && c < 0x20 && c != '\t') || c == 0x7f) return std::nullopt;
    bytes.remove_prefix(lf + 1);
    return line;
}

/// The body, by the whole text and without limits for what is not data.
std::optional<std::string> decode_slowly(std::string_view bytes, std::size_t& used) {
    std::string_view rest = bytes;
    std::string out;
    for (;;) {
        auto const line = take_line(rest);
        if (!line) return std::nullopt;
        auto const size = std::string(line->substr(0, line->find(';')));
        if (size.empty() || size.size() > 16) return std::nullopt;
        if (size.find_first_not_of("0123456789abcdefABCDEF") != size.npos) return std::nullopt;
        auto const n = std::strtoull(size.c_str(), nullptr, 16);
        if (n == 0) break;
        if (n > max_body - out.size() || rest.size() < n + 2) return std::nullopt;
        out.append(rest.substr(0, n));
        if (rest.substr(n, 2) != "\r\n") return std::nullopt;
        rest.remove_prefix(n + 2);
    }
    for (;;) {
        auto const line = take_line(rest);
        if (!line) return std::nullopt;
        if (line->empty()) break;
        if (line->find(':') == line->npos || line->find(':') == 0) return std::nullopt;
    }
    used = bytes.size() - rest.size();
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const bytes(reinterpret_cast<char const*>(data), size);
    auto const whole = decode(bytes, bytes.size());
    for (std::size_t const step : {1U, 2U, 3U, 7U}) require(decode(bytes, step) == whole);
    if (whole.end != status::done) return 0;

    std::size_t used = 0;
    auto const slow = decode_slowly(bytes, used);
    require(slow && *slow == whole.data && used == whole.used);

    std::string again;
    for (char const c : whole.data) again.append("1\r\n").append(1, c).append("\r\n");
    again.append("0\r\n\r\n");
    auto const second = decode(again, again.size());
    require(second.end == status::done && second.data == whole.data);
    return 0;
}

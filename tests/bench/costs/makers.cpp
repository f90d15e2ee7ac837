#include "../message.hpp"
#include "shape.hpp"

#include <cstdint>

namespace bench::costs {

std::string repeat(std::string_view text, std::size_t times) {
    std::string out;
    out.reserve(text.size() * times);
    for (; times > 0; --times) out.append(text);
    return out;
}

std::string fill(std::string_view text, std::size_t bytes) {
    return repeat(text, bytes < text.size() ? 1 : bytes / text.size());
}

std::string few_letters(unsigned letters, std::size_t bytes) {
    std::string out;
    out.reserve(bytes);
    for (std::uint32_t random = 12'345; out.size() < bytes;) {
        random = random * 1'664'525u + 1'013'904'223u;
        out.push_back(static_cast<char>('a' + (random >> 16) % letters));
    }
    return out;
}

std::string frame(unsigned first_byte, std::string_view payload) {
    std::string out;
    append_frame(out, first_byte, payload);
    return out;
}

std::string get(std::string_view target, std::string_view fields) {
    std::string out("GET ");
    out.append(target).append(" HTTP/1.1\r\nHost: 127.0.0.1\r\n").append(fields);
    return out.append("\r\n");
}

std::string post(std::string_view target, std::string_view body, std::string_view fields) {
    std::string out("POST ");
    out.append(target).append(" HTTP/1.1\r\nHost: 127.0.0.1\r\n").append(fields);
    out.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n");
    return out.append(body);
}

void append_unit(std::string& out, door d, std::string_view unit, bool is_first) {
    auto const speaks = traits_of(d).speaks;
    if (is_websocket(d)) {
        if (speaks != language::sockjs) return append_frame(out, 0x81, unit);
        return append_frame(out, 0x81, "[" + std::string(unit) + "]");
    }
    if (speaks == language::engineio3) {
        out.append(std::to_string(unit.size())).append(":").append(unit);  // of ASCII
        return;
    }
    if (!is_first) out.push_back(speaks == language::sockjs ? ',' : '\x1e');
    out.append(unit);
}

std::string packed(door d,
                   std::function<std::string(std::size_t)> const& make,
                   std::size_t bytes,
                   std::size_t& made) {
    std::string out;
    for (auto const first = made; out.size() < bytes; ++made)
        append_unit(out, d, make(made), made == first);
    return out;
}

std::string packed(door d, std::function<std::string(std::size_t)> const& make, std::size_t bytes) {
    std::size_t made = 0;
    return packed(d, make, bytes, made);
}

std::string wrapped_body(door d, std::string_view units) {
    std::string out;
    auto const is_sockjs = traits_of(d).speaks == language::sockjs;
    auto const is_form = traits_of(d).down == carrier::jsonp;
    if (is_form) out = "d=";
    if (is_sockjs) out.push_back('[');
    for (auto const c : units) {
        if (is_form && (c == '%' || c == '+' || c == '&'))
            out.append(c == '%' ? "%25" : c == '+' ? "%2B" : "%26");
        else
            out.push_back(c);
    }
    if (is_sockjs) out.push_back(']');
    return out;
}

}  // namespace bench::costs

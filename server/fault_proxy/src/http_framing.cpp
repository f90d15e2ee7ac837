#include "http_framing.hpp"

#include <algorithm>
#include <charconv>

namespace anywire::testing {
namespace {

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool equals(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
               return lower(x) == lower(y);
           });
}

std::string_view trimmed(std::string_view s) noexcept {
    while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
    while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
    return s;
}

bool lists(std::string_view value, std::string_view token) noexcept {
    while (!value.empty()) {
        auto const comma = value.find(',');
        if (equals(trimmed(value.substr(0, comma)), token)) return true;
        value.remove_prefix(comma == std::string_view::npos ? value.size() : comma + 1);
    }
    return false;
}

bool is_visible(std::string_view s) noexcept {
    return std::all_of(s.begin(), s.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

/// False for a field that leaves the end of the message in doubt.
bool take_field(std::string_view line, message_head& out) noexcept {
    auto const colon = line.find(':');
    if (colon == std::string_view::npos) return false;
    auto const name = line.substr(0, colon);
    auto const value = trimmed(line.substr(colon + 1));
    if (equals(name, "content-length")) {
        std::uint64_t n = 0;
        auto const* const end = value.data() + value.size();
        auto const [at, ec] = std::from_chars(value.data(), end, n);
        if (ec != std::errc{} || at != end || out.content_length.value_or(n) != n) return false;
        out.content_length = n;
    } else if (equals(name, "transfer-encoding")) {
        out.is_chunked = lists(value, "chunked");
    } else if (equals(name, "connection")) {
        if (lists(value, "close")) out.keep_alive = false;
        if (lists(value, "keep-alive")) out.keep_alive = true;
    } else if (equals(name, "upgrade")) {
        out.is_websocket = equals(value, "websocket");
    } else if (equals(name, "origin")) {
        out.origin = is_visible(value) ? value : std::string_view{};
    }
    return true;
}

/// Reads the fields after the first line, which ends at `at`.
head_state read_fields(std::string_view bytes, std::size_t at, message_head& out) noexcept {
    for (;;) {
        auto const from = at + 2;
        at = bytes.find("\r\n", from);
        if (at == std::string_view::npos) return head_state::incomplete;
        if (at == from) break;
        if (!take_field(bytes.substr(from, at - from), out)) return head_state::malformed;
    }
    out.size = at + 2;
    return head_state::complete;
}

}  // namespace

head_state read_request_head(std::string_view bytes, message_head& out) noexcept {
    out = {};
    auto const end = bytes.find("\r\n");
    if (end == std::string_view::npos) return head_state::incomplete;
    auto const line = bytes.substr(0, end);
    auto const first = line.find(' ');
    auto const last = line.rfind(' ');
    if (first == std::string_view::npos || first == 0 || last <= first + 1)
        return head_state::malformed;
    auto const version = line.substr(last + 1);
    if (!version.starts_with("HTTP/1.")) return head_state::malformed;
    out.method = line.substr(0, first);
    out.target = line.substr(first + 1, last - first - 1);
    out.keep_alive = version != "HTTP/1.0";
    return read_fields(bytes, end, out);
}

head_state read_response_head(std::string_view bytes, message_head& out) noexcept {
    out = {};
    auto const end = bytes.find("\r\n");
    if (end == std::string_view::npos) return head_state::incomplete;
    auto const line = bytes.substr(0, end);
    if (!line.starts_with("HTTP/1.") || line.size() < 12) return head_state::malformed;
    auto const digits = line.substr(9, 3);
    auto const [at, ec] = std::from_chars(digits.data(), digits.data() + 3, out.status);
    if (ec != std::errc{} || at != digits.data() + 3 || out.status < 100)
        return head_state::malformed;
    out.keep_alive = !line.starts_with("HTTP/1.0");
    return read_fields(bytes, end, out);
}

body_kind body_of_request(message_head const& head) noexcept {
    if (head.is_chunked) return body_kind::chunked;
    return head.content_length ? body_kind::sized : body_kind::none;
}

body_kind body_of_response(message_head const& head, bool answers_head) noexcept {
    if (answers_head || head.status < 200 || head.status == 204 || head.status == 304)
        return body_kind::none;
    if (head.is_chunked) return body_kind::chunked;
    return head.content_length ? body_kind::sized : body_kind::until_close;
}

void body_scanner::start(body_kind kind, std::uint64_t length) noexcept {
    *this = {};
    left_ = length;
    switch (kind) {
        case body_kind::none: state_ = state::done; break;
        case body_kind::sized: state_ = length == 0 ? state::done : state::sized; break;
        case body_kind::chunked: state_ = state::chunk_size; break;
        case body_kind::until_close: state_ = state::until_close; break;
    }
}

std::size_t body_scanner::take(std::string_view bytes) noexcept {
    std::size_t at = 0;
    while (at < bytes.size() && state_ != state::done) {
        if (ends_with_connection()) return bytes.size();
        if (state_ == state::sized || state_ == state::chunk_data) {
            auto const n = std::min<std::uint64_t>(left_, bytes.size() - at);
            at += static_cast<std::size_t>(n);
            left_ -= n;
            if (left_ == 0) state_ = state_ == state::sized ? state::done : state::chunk_end;
        } else {
            take_line_byte(bytes[at++]);
        }
    }
    return at;
}

void body_scanner::take_line_byte(char c) noexcept {
    if (state_ == state::chunk_end) return take_chunk_end(c);
    if (state_ == state::trailer) return take_trailer(c);
    if (c == '\n') return end_size_line();
    if (state_ == state::chunk_size && c != '\r' && c != ';' && c != ' ') return take_size(c);
    state_ = state::chunk_extension;
}

void body_scanner::take_chunk_end(char c) noexcept {
    if (c == '\n') {
        state_ = state::chunk_size;
        digits_ = 0;
    } else if (c != '\r') {
        state_ = state::malformed;
    }
}

void body_scanner::take_trailer(char c) noexcept {
    if (c == '\n' && line_size_ == 0)
        state_ = state::done;
    else if (c != '\r')
        line_size_ = c == '\n' ? 0 : line_size_ + 1;
}

void body_scanner::take_size(char c) noexcept {
    auto const l = lower(c);
    auto const is_digit = l >= '0' && l <= '9';
    if ((!is_digit && (l < 'a' || l > 'f')) || ++digits_ > 15)
        state_ = state::malformed;
    else
        left_ = left_ << 4 | static_cast<unsigned>(is_digit ? l - '0' : l - 'a' + 10);
}

void body_scanner::end_size_line() noexcept {
    if (digits_ == 0)
        state_ = state::malformed;
    else
        state_ = left_ == 0 ? state::trailer : state::chunk_data;
}

}  // namespace anywire::testing

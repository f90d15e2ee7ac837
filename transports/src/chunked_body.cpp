#include "chunked_body.hpp"

#include "ascii.hpp"

#include <algorithm>

namespace anywire::http {

chunked_body::status chunked_body::next(std::string_view bytes,
                                        std::size_t& used,
                                        std::string_view& piece) noexcept {
    used = 0;
    piece = {};
    if (state_ == state::ended) return end_;
    while (used < bytes.size()) {
        if (state_ == state::data) {
            auto const n = std::min<std::uint64_t>(chunk_left_, bytes.size() - used);
            piece = bytes.substr(used, static_cast<std::size_t>(n));
            used += piece.size();
            chunk_left_ -= n;
            if (chunk_left_ == 0) state_ = state::data_cr;
            return status::data;
        }
        auto const s = step(bytes[used++]);
        if (s == status::need_more) continue;
        end_ = s;
        state_ = state::ended;
        return s;
    }
    return status::need_more;
}

chunked_body::status chunked_body::step(char c) noexcept {
    switch (state_) {
        case state::size: return on_size(c);
        case state::extension: return on_text(c, state::size_lf);
        case state::size_lf: return on_size_lf(c);
        case state::data_cr: return go(c == '\r', state::data_lf);
        case state::data_lf: digits_ = 0; return go(c == '\n', state::size);
        case state::trailer: return on_trailer(c);
        case state::name:
            if (c == ':') return count(state::value);
            return is_token_char(c) ? count(state::name) : status::malformed;
        case state::value: return on_text(c, state::value_lf);
        case state::value_lf: return go(c == '\n', state::trailer);
        case state::end_lf: return c == '\n' ? status::done : status::malformed;
        case state::data:
        case state::ended: break;  // `next` deals with both
    }
    return status::malformed;
}

chunked_body::status chunked_body::on_size(char c) noexcept {
    if (int const digit = hex_value(c); digit >= 0) {
        if (digits_ == 16) return status::malformed;  // one more would not fit 64 bits
        chunk_left_ = chunk_left_ << 4 | static_cast<unsigned>(digit);
        ++digits_;
        return status::need_more;
    }
    if (digits_ == 0) return status::malformed;
    if (c == ';') return count(state::extension);
    return go(c == '\r', state::size_lf);
}

chunked_body::status chunked_body::on_size_lf(char c) noexcept {
    if (chunk_left_ == 0) return go(c == '\n', state::trailer);
    if (chunk_left_ > body_left_) return status::body_too_long;
    body_left_ -= chunk_left_;
    return go(c == '\n', state::data);
}

chunked_body::status chunked_body::on_trailer(char c) noexcept {
    if (c == '\r') return go(true, state::end_lf);
    return is_token_char(c) ? count(state::name) : status::malformed;
}

chunked_body::status chunked_body::on_text(char c, state at_cr) noexcept {
    if (c == '\r') return go(true, at_cr);
    if (is_control(c) && c != '\t') return status::malformed;
    return count(state_);
}

chunked_body::status chunked_body::go(bool valid, state next) noexcept {
    if (!valid) return status::malformed;
    state_ = next;
    return status::need_more;
}

chunked_body::status chunked_body::count(state next) noexcept {
    if (overhead_left_ == 0) return status::overhead_too_long;
    --overhead_left_;
    state_ = next;
    return status::need_more;
}

}  // namespace anywire::http

#include "core/json_messages.hpp"

#include "core/json_check.hpp"
#include "core/json_hex.hpp"
#include "core/json_scan.hpp"
#include "core/scratch.hpp"
#include "core/utf8.hpp"

namespace anywire {
namespace {

void skip_space(std::string_view& rest) noexcept {
    if (!rest.empty() && rest.front() > ' ') return;
    auto const n = rest.find_first_not_of(" \t\n\r");
    rest.remove_prefix(n == rest.npos ? rest.size() : n);
}

bool try_take(std::string_view& rest, char c) noexcept {
    if (rest.empty() || rest.front() != c) return false;
    rest.remove_prefix(1);
    return true;
}

// The length of what stands for itself at the start of `text`, read as the inside of a string.
std::size_t verbatim_run(std::string_view text) noexcept {
    return detail::verbatim_run(text, [](char32_t) { return false; });
}

void append_utf8(std::string& out, char32_t c) {
    auto const put = [&out](char32_t byte) { out.push_back(static_cast<char>(byte)); };
    if (c < 0x80) return put(c);
    if (c < 0x800) {
        put(0xc0 | (c >> 6));
    } else {
        if (c < 0x10000) {
            put(0xe0 | (c >> 12));
        } else {
            put(0xf0 | (c >> 18));
            put(0x80 | ((c >> 12) & 0x3f));
        }
        put(0x80 | ((c >> 6) & 0x3f));
    }
    put(0x80 | (c & 0x3f));
}

// What `\c` stands for; 0 if nothing.
char short_escape(char c) noexcept {
    switch (c) {
        case '"':
        case '\\':
        case '/': return c;
        case 'b': return '\b';
        case 'f': return '\f';
        case 'n': return '\n';
        case 'r': return '\r';
        case 't': return '\t';
        default: return 0;
    }
}

}  // namespace

error_code json_messages::decode_array(std::string_view json) {
    release();
    if (json.empty()) return errc::payload_expected;
    auto rest = json;
    skip_space(rest);
    auto const taken = take_array(rest);
    skip_space(rest);
    return finish(taken && rest.empty(), json);
}

error_code json_messages::decode_frame(std::string_view json) {
    release();
    if (json.empty()) return {};
    auto rest = json;
    skip_space(rest);
    auto const taken = try_take(rest, '"') ? take_string(rest) : take_array(rest);
    skip_space(rest);
    return finish(taken && rest.empty(), json);
}

std::size_t json_messages::storage_bytes() const noexcept {
    return anywire::storage_bytes(messages_) + anywire::storage_bytes(decoded_) +
           anywire::storage_bytes(scratch_);
}

void json_messages::release() noexcept {
    auto const empty = [](auto& store) {
        store.clear();
        give_back(store);
    };
    empty(messages_);
    empty(decoded_);
    empty(scratch_);
}

error_code json_messages::finish(bool complete, std::string_view json) {
    if (!complete) {
        messages_.clear();
        if (!is_utf8(json)) return errc::bad_json;
        auto const ec = check_json(json);
        return ec ? ec : error_code(errc::payload_expected);
    }
    std::string_view const text = scratch_;
    for (auto const& d : decoded_) {
        auto& message = messages_[d.message];
        message = text.substr(d.offset, message.size());
    }
    return {};
}

bool json_messages::take_array(std::string_view& rest) {
    if (!try_take(rest, '[')) return false;
    skip_space(rest);
    if (try_take(rest, ']')) return true;
    for (;;) {
        if (!try_take(rest, '"') || !take_string(rest)) return false;
        skip_space(rest);
        if (try_take(rest, ']')) return true;
        if (!try_take(rest, ',')) return false;
        skip_space(rest);
    }
}

// `rest` is after the opening quote, and left after the closing one.
bool json_messages::take_string(std::string_view& rest) {
    auto const clean = verbatim_run(rest);
    if (clean == rest.size() || rest[clean] != '"') return take_decoded_string(rest, clean);
    messages_.push_back(rest.substr(0, clean));
    rest.remove_prefix(clean + 1);
    return true;
}

bool json_messages::take_decoded_string(std::string_view& rest, std::size_t clean) {
    auto const offset = scratch_.size();
    for (;; clean = verbatim_run(rest)) {
        scratch_.append(rest.data(), clean);
        rest.remove_prefix(clean);
        if (rest.empty()) return false;
        auto const c = rest.front();
        if (c == '"') break;
        // Anything else is a control character, or not UTF-8.
        if (c != '\\' || !take_escape(rest)) return false;
    }
    rest.remove_prefix(1);
    decoded_.push_back({messages_.size(), offset});
    // Only its size counts as yet: `finish` sets where it is.
    messages_.push_back(std::string_view(scratch_).substr(offset));
    return true;
}

bool json_messages::take_escape(std::string_view& rest) {
    if (rest.size() < 2) return false;
    if (rest[1] == 'u') return take_unit_escape(rest);
    auto const c = short_escape(rest[1]);
    if (c == 0) return false;
    scratch_.push_back(c);
    rest.remove_prefix(2);
    return true;
}

bool json_messages::take_unit_escape(std::string_view& rest) {
    auto const unit = detail::decode_unit(rest);
    if (!unit) return false;
    rest.remove_prefix(6);
    if (detail::is_high_surrogate(*unit)) {
        auto const low = detail::decode_unit(rest);
        if (low && detail::is_low_surrogate(*low)) {
            rest.remove_prefix(6);
            append_utf8(scratch_, 0x10000 + ((*unit & 0x3ff) << 10) + (*low & 0x3ff));
            return true;
        }
    }
    auto const lone = detail::is_high_surrogate(*unit) || detail::is_low_surrogate(*unit);
    append_utf8(scratch_, lone ? char32_t{0xfffd} : *unit);
    return true;
}

}  // namespace anywire

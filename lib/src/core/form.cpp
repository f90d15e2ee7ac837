#include "core/form.hpp"

#include "core/json_hex.hpp"

#include <algorithm>

namespace anywire {
namespace {

// The byte that the `%xx` at the start of `text` stands for.
std::optional<char> decode_percent(std::string_view text) noexcept {
    if (text.size() < 3 || text[0] != '%') return std::nullopt;
    auto const high = detail::decode_hex_digit(text[1]);
    auto const low = detail::decode_hex_digit(text[2]);
    if (!high || !low) return std::nullopt;
    return static_cast<char>(static_cast<unsigned char>(*high << 4 | *low));
}

/// Where the first byte that may not stand for itself is; at the end when none is.
std::size_t find_encoded(std::string_view text) noexcept {
    return static_cast<std::size_t>(
        std::find_if(text.begin(), text.end(), [](char c) { return c == '%' || c == '+'; }) -
        text.begin());
}

}  // namespace

/// A name is walked: there may be thousands of a byte each. A value may be long and is searched.
std::optional<form_pair> form_reader::next() noexcept {
    while (!rest_.empty()) {
        std::size_t name = 0;
        while (name < rest_.size() && rest_[name] != '&' && rest_[name] != '=') ++name;
        auto const has_value = name < rest_.size() && rest_[name] == '=';
        auto const end = has_value ? std::min(rest_.find('&', name), rest_.size()) : name;
        auto const piece = rest_.substr(0, end);
        rest_.remove_prefix(std::min(end + 1, rest_.size()));
        if (piece.empty()) continue;
        if (!has_value) return form_pair{piece, {}};
        return form_pair{piece.substr(0, name), piece.substr(name + 1)};
    }
    return std::nullopt;
}

std::string form_decoded(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        auto const plain = text.substr(0, find_encoded(text));
        out.append(plain);
        text.remove_prefix(plain.size());
        if (text.empty()) break;
        auto const byte = decode_percent(text);
        if (byte)
            out.push_back(*byte);
        else
            out.push_back(text[0] == '+' ? ' ' : '%');
        text.remove_prefix(byte ? 3 : 1);
    }
    return out;
}

std::string_view form_decoded(std::string_view text, std::string& room) {
    if (find_encoded(text) == text.size()) return text;
    return room = form_decoded(text);
}

bool is_form_name(std::string_view encoded, std::string_view name) {
    // Decoding makes nothing longer, and nothing more than three times shorter.
    if (encoded.size() < name.size() || encoded.size() > 3 * name.size()) return false;
    std::string room;
    return form_decoded(encoded, room) == name;
}

std::optional<std::string> form_field(std::string_view body, std::string_view name) {
    form_reader pairs(body);
    while (auto const pair = pairs.next())
        if (is_form_name(pair->name, name)) return form_decoded(pair->value);
    return std::nullopt;
}

}  // namespace anywire

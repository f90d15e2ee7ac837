#include "published.hpp"

#include "core/base64.hpp"
#include "core/utf8.hpp"
#include "stomp/frame_writer.hpp"

#include <algorithm>

namespace anywire::stomp {
namespace {

constexpr std::array<std::string_view, 12> reserved = {
    "destination",
    "message-id",
    "subscription",
    "ack",
    "receipt",
    "receipt-id",
    "transaction",
    "content-length",
    "content-type",
    "redelivered",
    "user-name",
    "heart-beat",
};

/// Without what surrounds it: browsers' clients trim the names of headers, of every blank there is
/// in Unicode.
std::string_view trimmed(std::string_view name) noexcept {
    auto const is_outside = [](char c) { return c <= ' ' || c > '~'; };  // negative beyond ASCII
    while (!name.empty() && is_outside(name.front())) name.remove_prefix(1);
    while (!name.empty() && is_outside(name.back())) name.remove_suffix(1);
    return name;
}

std::string rest_of(published const& p, std::string_view body, version v, bool is_base64) {
    std::string text;
    append_header(text, "destination", p.destination, v);
    if (!p.what.content_type.empty()) append_header(text, "content-type", p.what.content_type, v);
    // Of the same header twice, the first counts.
    if (is_base64) append_header(text, "content-transfer-encoding", "base64", v);
    for (auto const& [name, value] : p.more) append_header(text, name, value, v);
    if (!body.empty()) append_header(text, "content-length", std::to_string(body.size()), v);
    text.append("\n").append(body).push_back('\0');
    return text;
}

}  // namespace

shared_message& published::rest(version v) const {
    auto& f = forms_[static_cast<std::size_t>(v)];
    std::call_once(f.once, [&] {
        auto const text = rest_of(*this, what.body, v, false);
        // Text, unless its bytes are none: old clients take a binary message for Latin-1.
        f.made = std::make_unique<shared_message>(message_view(text, !is_utf8(text)));
    });
    return *f.made;
}

shared_message& published::rest_in_base64(version v) const {
    auto& f = base64_forms_[static_cast<std::size_t>(v)];
    std::call_once(f.once, [&] {
        std::string body;
        append_base64(body, what.body);
        f.made = std::make_unique<shared_message>(message_view(rest_of(*this, body, v, true)));
    });
    return *f.made;
}

std::size_t published::cost() const noexcept {
    constexpr std::size_t overhead = 128;
    auto all = overhead + destination.size() + what.body.size() + what.content_type.size();
    for (auto const& [name, value] : more) all += name.size() + value.size() + 64;
    return all;
}

bool is_reserved_header(std::string_view name) noexcept {
    name = trimmed(name);
    return name.starts_with("simp") ||
           std::find(reserved.begin(), reserved.end(), name) != reserved.end();
}

}  // namespace anywire::stomp

#include "sockjs/client.hpp"

#include "core/json_check.hpp"
#include "core/json_string.hpp"
#include "core/json_text.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace anywire::sockjs {
namespace {

constexpr std::size_t max_reason = 1024;

decoded_frame wrong(std::string_view why) {
    return {{}, why};
}

decoded_frame decode_close(std::string_view json) {
    constexpr auto not_close = "a close frame that is not a code and a reason";
    if (!json.starts_with('[') || check_json(json, 2)) return wrong(not_close);
    auto rest = detail::inside(detail::trimmed(json));
    auto const code_text = detail::take_value(rest);
    auto const reason = detail::take_value(rest);
    if (!rest.empty() || !detail::is_number(code_text) || !reason.starts_with('"'))
        return wrong(not_close);
    auto const code = detail::to_int64(code_text);
    if (!code || *code < std::numeric_limits<int>::min() || *code > std::numeric_limits<int>::max())
        return wrong(not_close);
    server_frame f{.what = server_frame::kind::close, .code = static_cast<int>(*code)};
    detail::append_decoded(f.reason, reason);
    if (f.reason.size() > max_reason) return wrong("a close frame with a reason over the limit");
    return {std::move(f), {}};
}

}  // namespace

decoded_frame decode_server_frame(std::string_view frame, json_messages& store) {
    using kind = server_frame::kind;
    if (frame.empty()) return wrong("an empty frame");
    auto const content = frame.substr(1);
    switch (frame.front()) {
        case 'o':
            if (!content.empty()) return wrong("an open frame with more in it");
            return {server_frame{.what = kind::open}, {}};
        case 'h':
            if (content.find_first_not_of('h') != content.npos)
                return wrong("a heartbeat with more in it");
            return {server_frame{.what = kind::heartbeat}, {}};
        case 'a':
            if (store.decode_array(content))
                return wrong("a frame of messages that is not an array of strings");
            return {server_frame{.what = kind::messages, .messages = store.messages()}, {}};
        case 'm':
            if (!content.starts_with('"') || store.decode_frame(content))
                return wrong("a frame of a message that is not a string");
            return {server_frame{.what = kind::messages, .messages = store.messages()}, {}};
        case 'c': return decode_close(content);
        default: return wrong("a frame of an unknown kind");
    }
}

void append_send_body(std::string& out, std::span<std::string_view const> messages) {
    out.push_back('[');
    for (auto const& message : messages) {
        if (&message != messages.data()) out.push_back(',');
        append_json_string(out, message);
    }
    out.push_back(']');
}

std::optional<info_data> decode_info(std::string_view body) {
    constexpr std::size_t max_body = 65536;
    constexpr std::size_t max_url = 2048;
    constexpr unsigned max_depth = 16;
    if (body.size() > max_body) return std::nullopt;
    auto const object = detail::trimmed(body);
    if (!object.starts_with('{') || check_json(object, max_depth)) return std::nullopt;
    info_data info;
    for (auto rest = detail::inside(object); !rest.empty();) {
        auto const key = detail::take_key(rest);
        auto const value = detail::take_value(rest);
        if (detail::decodes_to(key, "websocket")) {
            info.websocket = value != "false";
        } else if (detail::decodes_to(key, "cookie_needed")) {
            info.cookie_needed = value == "true";
        } else if (detail::decodes_to(key, "base_url") && value.starts_with('"')) {
            info.base_url.clear();
            detail::append_decoded(info.base_url, value);
        }
    }
    auto const& url = info.base_url;
    if (url.size() > max_url) return std::nullopt;
    if (!std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < 0x7f; }))
        return std::nullopt;
    return info;
}

}  // namespace anywire::sockjs

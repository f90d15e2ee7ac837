#include "hook_answer.hpp"

#include <anywire/json.hpp>

#include "core/ascii.hpp"
#include "core/utf8.hpp"

#include <algorithm>

namespace anywire::gateway {
namespace {

constexpr std::string_view set_meta = "Set-Meta-";

struct control_text {
    std::string type{};
    std::optional<std::string> channel{};
};
ANYWIRE_JSON(control_text, type, channel)

std::string_view unquoted(std::string_view text) noexcept {
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
        return text.substr(1, text.size() - 2);
    return text;
}

}  // namespace

hook_answer::hook_answer(client_response const& head) : status_(head.status) {
    for (auto const& f : head.fields) {
        if (iequals(f.name, "content-type")) {
            auto type = f.value;
            has_type_ = iequals(take_element(type, ';'), websocket_events_type);
        } else if (iequals(f.name, "content-encoding")) {
            is_coded_ = !iequals(f.value, "identity");
        } else if (iequals(f.name, "sec-websocket-protocol")) {
            protocol_ = f.value;
        } else if (iequals(f.name, "sec-websocket-extensions")) {
            note_extensions(f.value);
        } else if (iequals(f.name, "set-cookie") || iequals(f.name, "www-authenticate") ||
                   iequals(f.name, "retry-after")) {
            for_client_.add(f.name, f.value);
        } else if (istarts_with(f.name, set_meta) && f.name.size() > set_meta.size() &&
                   meta_.size() < most_meta) {
            meta_.emplace_back(f.name.substr(set_meta.size()), f.value);
        }
    }
}

/// "grip; message-prefix=\"\"": the application speaks of channels, too.
void hook_answer::note_extensions(std::string_view list) {
    while (!list.empty()) {
        auto element = take_element(list);
        if (!iequals(take_element(element, ';'), "grip")) continue;
        is_grip_ = true;
        while (!element.empty()) {
            auto parameter = take_element(element, ';');
            if (iequals(take_element(parameter, '='), "message-prefix"))
                prefix_ = unquoted(trim(parameter));
        }
    }
}

void hook_answer::finish() {
    if (status_ == 204) body_.clear();
    auto const has_events = has_type_ && !is_coded_ && are_events(body_);
    is_good_ = status_ == 204 || (status_ == 200 && (has_events || body_.empty()));
    if (is_good_) events_ = event_reader(body_);
}

std::string hook_answer::explain() const {
    if (status_ != 200) return "the application answered " + std::to_string(status_);
    if (!has_type_)
        return "the application answered 200 with a body that is not " +
               std::string(websocket_events_type) + ": give it that Content-Type, or answer 204";
    if (is_coded_)
        return "the application answered with a compressed body, which was not asked for";
    return "the application answered with a body that is not events, as \"TEXT "
           "5\\r\\nhello\\r\\n\"";
}

void hook_answer::take_meta(meta_fields& into) const {
    for (auto const& set : meta_) {
        std::erase_if(into, [&](auto const& known) { return iequals(known.first, set.first); });
        if (set.second.empty()) continue;
        std::size_t bytes = set.first.size() + set.second.size();
        for (auto const& [n, v] : into) bytes += n.size() + v.size();
        if (into.size() < most_meta && bytes <= most_meta_bytes) into.push_back(set);
    }
}

hook_answer::item hook_answer::read_message(websocket_event const& e) const noexcept {
    auto const is_binary = e.what == event_kind::binary;
    if (!is_grip_) return {item::kind::message, e.content, is_binary};
    if (!is_binary && e.content.starts_with("c:"))
        return {item::kind::control, e.content.substr(2), false};
    if (!e.content.starts_with(prefix_)) return {};
    return {item::kind::message, e.content.substr(prefix_.size()), is_binary};
}

std::optional<hook_answer::item> hook_answer::next() {
    auto const e = events_.next();
    if (!e) return std::nullopt;
    switch (e->what) {
        case event_kind::text:
        case event_kind::binary: return read_message(*e);
        case event_kind::close: return item{item::kind::close, e->content, false};
        case event_kind::disconnect: return item{item::kind::disconnect, {}, false};
        case event_kind::open:
        case event_kind::other: break;
    }
    return item{};
}

hook_control read_control(std::string_view json) {
    auto const read = from_json<control_text>(json);
    if (!read || !read->channel || read->channel->empty()) return {};
    if (read->type == "subscribe") return {hook_control::kind::subscribe, *read->channel};
    if (read->type == "unsubscribe") return {hook_control::kind::unsubscribe, *read->channel};
    return {};
}

std::pair<close_code, std::string> read_close(std::string_view content) {
    if (content.size() < 2) return {close_code::normal, {}};
    auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(content[i]); };
    auto const code = static_cast<close_code>(byte(0) << 8 | byte(1));
    auto const reason = content.substr(2);
    if (!may_be_sent(code) || reason.size() > 123 || !is_utf8(reason))
        return {close_code::internal_error, "the application closed with what is no close code"};
    return {code, std::string(reason)};
}

std::string close_content(close_code code, std::string_view reason) {
    auto const n = static_cast<unsigned>(code);
    std::string out;
    out.push_back(static_cast<char>(n >> 8));
    out.push_back(static_cast<char>(n & 0xff));
    return out.append(reason);
}

}  // namespace anywire::gateway

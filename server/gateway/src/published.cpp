#include "published.hpp"

#include <anywire/json.hpp>

#include "core/ascii.hpp"
#include "core/base64.hpp"
#include "core/form.hpp"
#include "core/utf8.hpp"
#include "hooks_backend.hpp"

#include <charconv>
#include <utility>

namespace anywire::gateway {
namespace {

/// "ws-message" of an item, as pubcontrol writes it.
struct ws_message {
    std::optional<std::string> content{};
    std::optional<std::string> content_bin{};
    std::optional<std::string> type{};
    std::optional<std::string> action{};
    std::optional<int> code{};
    std::optional<std::string> reason{};
};
struct item_formats {
    std::optional<ws_message> message{};
};
struct published_item {
    std::optional<std::string> channel{};
    std::optional<std::string> session{};
    std::optional<bool> all{};
    std::optional<item_formats> formats{};
    std::optional<ws_message> message{};  // as the oldest libraries write it
};
struct published_items {
    std::vector<published_item> items{};
};

}  // namespace
}  // namespace anywire::gateway

namespace anywire {

template <>
struct convert<gateway::ws_message>
    : object<gateway::ws_message,
             field{"content", &gateway::ws_message::content},
             field{"content-bin", &gateway::ws_message::content_bin},
             field{"type", &gateway::ws_message::type},
             field{"action", &gateway::ws_message::action},
             field{"code", &gateway::ws_message::code},
             field{"reason", &gateway::ws_message::reason}> {};
template <>
struct convert<gateway::item_formats>
    : object<gateway::item_formats, field{"ws-message", &gateway::item_formats::message}> {};
template <>
struct convert<gateway::published_item>
    : object<gateway::published_item,
             field{"channel", &gateway::published_item::channel},
             field{"session", &gateway::published_item::session},
             field{"all", &gateway::published_item::all},
             field{"formats", &gateway::published_item::formats},
             field{"ws-message", &gateway::published_item::message}> {};
template <>
struct convert<gateway::published_items>
    : object<gateway::published_items, field{"items", &gateway::published_items::items}> {};

}  // namespace anywire

namespace anywire::gateway {
namespace {

std::nullopt_t fail(std::string& error, std::string_view why) {
    error = why;
    return std::nullopt;
}

/// Whether it can be sent; says why not.
bool check(published const& p, std::string& error) {
    if (!p.to_all && p.groups.empty())
        error = "nobody is named: session, channel or all";
    else if (p.is_close && (!may_be_sent(p.code) || p.data.size() > 123 || !is_utf8(p.data)))
        error = "no close code, or a reason of more than 123 bytes";
    else if (!p.binary && !is_utf8(p.data))
        error = "the text is not UTF-8: send bytes as application/octet-stream or content-bin";
    return error.empty();
}

std::optional<published> read_item(published_item&& from, std::string& error) {
    published out;
    out.to_all = from.all.value_or(false);
    if (from.channel) out.groups.push_back(group_of_channel(*from.channel));
    if (from.session) out.groups.push_back(group_of_session(*from.session));
    auto m = from.formats ? std::move(from.formats->message) : std::move(from.message);
    if (!m) return fail(error, "an item has no \"ws-message\" in its \"formats\"");
    if (m->action.value_or("send") == "close") {
        out.is_close = true;
        out.code = static_cast<close_code>(m->code.value_or(1000));
        out.data = m->reason.value_or("");
    } else if (m->content_bin) {
        auto bytes = decode_base64(*m->content_bin);
        if (!bytes) return fail(error, "\"content-bin\" is not base64");
        out.data = std::move(*bytes);
        out.binary = m->type.value_or("binary") != "text";
    } else if (m->content) {
        out.data = std::move(*m->content);
        out.binary = m->type.value_or("text") == "binary";
    } else {
        return fail(error, "a \"ws-message\" has neither \"content\" nor \"content-bin\"");
    }
    if (!check(out, error)) return std::nullopt;
    return out;
}

std::optional<std::vector<published>> read_json(std::string_view body, std::string& error) {
    auto read = from_json<published_items>(body);
    if (!read)
        return fail(
            error,
            "without a query the body is JSON: {\"items\": [{\"channel\": \"x\", \"formats\": "
            "{\"ws-message\": {\"content\": \"hello\"}}}]}");
    std::vector<published> out;
    for (auto& each : read->items) {
        auto p = read_item(std::move(each), error);
        if (!p) return std::nullopt;
        out.push_back(std::move(*p));
    }
    return out;
}

bool read_code(std::string_view text, close_code& out) noexcept {
    unsigned n = 0;
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (ec != std::errc{} || end != text.data() + text.size() || n > 4999) return false;
    out = static_cast<close_code>(n);
    return true;
}

}  // namespace

std::optional<std::vector<published>> read_published(std::string_view query,
                                                     std::string_view content_type,
                                                     std::string_view body,
                                                     std::string& error) {
    error.clear();
    if (query.empty()) return read_json(body, error);
    published out;
    form_reader pairs(query);
    while (auto const p = pairs.next()) {
        auto const name = form_decoded(p->name);
        auto const value = form_decoded(p->value);
        if (name == "session")
            out.groups.push_back(group_of_session(value));
        else if (name == "channel")
            out.groups.push_back(group_of_channel(value));
        else if (name == "all")
            out.to_all = value != "0";
        else if (name != "close")
            return fail(error, "the query has session, channel, all or close");
        else if (!read_code(value, out.code))
            return fail(error, "no close code");
        else
            out.is_close = true;
    }
    auto const type = content_type.substr(0, content_type.find(';'));
    out.binary = !out.is_close && iequals(trim(type), "application/octet-stream");
    out.data = body;
    if (!check(out, error)) return std::nullopt;
    return std::vector<published>{std::move(out)};
}

std::optional<std::vector<published>> read_published(route_request const& r, std::string& error) {
    auto const question = r.target().find('?');
    auto const query = question == std::string_view::npos ? "" : r.target().substr(question + 1);
    return read_published(query, r.header("content-type"), r.body(), error);
}

}  // namespace anywire::gateway

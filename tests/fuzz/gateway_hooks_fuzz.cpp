// What an application answers to a hook, and what it publishes: read whole or not at all, and what
// was read is written the same.
#include "hook_answer.hpp"
#include "published.hpp"
#include "websocket_events.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

using namespace anywire;
using namespace anywire::gateway;

namespace {

void require(bool claim) {
    if (!claim) std::abort();
}

std::string_view name_of(event_kind what) {
    switch (what) {
        case event_kind::open: return "OPEN";
        case event_kind::text: return "TEXT";
        case event_kind::binary: return "BINARY";
        case event_kind::close: return "CLOSE";
        case event_kind::disconnect: return "DISCONNECT";
        case event_kind::other: break;
    }
    return {};
}

void check_events(std::string_view body) {
    auto const is_good = are_events(body);
    event_reader r(body);
    std::size_t content = 0;
    while (auto const e = r.next()) {
        content += e->content.size();
        if (name_of(e->what).empty()) continue;
        std::string again;
        append_event(again, name_of(e->what), e->content);
        event_reader copy(again);
        auto const same = copy.next();
        require(same && same->what == e->what && same->content == e->content && copy.is_at_end());
    }
    require(content <= body.size());
    require(r.is_at_end() == is_good);
}

void check_answer(std::string_view extensions, std::string_view body) {
    std::vector<http_field> const fields{{"Content-Type", "application/websocket-events"},
                                         {"Sec-WebSocket-Extensions", extensions},
                                         {"Set-Meta-A", extensions}};
    hook_answer a({.status = 200, .fields = fields});
    a.append(body);
    a.finish();
    require(a.is_good() == are_events(body));
    while (auto const item = a.next()) {
        if (item->what == hook_answer::item::kind::control) {
            auto const c = read_control(item->data);
            require(c.channel.empty() == (c.what == hook_control::kind::unknown));
        }
        if (item->what == hook_answer::item::kind::close) {
            auto const [code, reason] = read_close(item->data);
            require(may_be_sent(code) && reason.size() <= 123);
        }
    }
    require(a.is_at_end());
    hook_answer::meta_fields meta;
    a.take_meta(meta);
    require(meta.size() <= 1);
}

void check_published(std::string_view query, std::string_view body) {
    std::string error;
    auto const all = read_published(query, "text/plain", body, error);
    require(all.has_value() == error.empty());
    if (!all) return;
    for (auto const& p : *all) {
        require(p.to_all || !p.groups.empty());
        if (p.is_close) require(may_be_sent(p.code) && p.data.size() <= 123);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const all(reinterpret_cast<char const*>(data), size);
    auto const line = all.find('\n');
    auto const first = all.substr(0, line);
    auto const rest = line == all.npos ? std::string_view{} : all.substr(line + 1);
    check_events(all);
    check_events(rest);
    check_answer(first, rest);
    check_published(first, rest);
    check_published({}, all);
    return 0;
}

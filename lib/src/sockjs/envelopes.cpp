#include "sockjs/envelopes.hpp"

#include "core/json_string.hpp"
#include "sockjs/callback.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <cstddef>

namespace anywire::sockjs {
namespace {

bool breaks_event(char c) noexcept {
    return c == '%' || c == '\r' || c == '\n' || c == '\0';
}

// sockjs-client runs `decodeURI` on the data of an event: without this a `%` in a message would
// change or lose it. The other three would end the event; JSON never holds them raw.
void append_event_data(std::string& out, std::string_view frame) {
    // Four searches at the speed of memchr are far cheaper than one by hand.
    auto const has = [frame](char c) { return frame.find(c) != frame.npos; };
    if (!has('%') && !has('\r') && !has('\n') && !has('\0')) {
        out.append(frame);
        return;
    }
    for (;;) {
        auto const special = std::find_if(frame.begin(), frame.end(), breaks_event);
        out.append(frame.begin(), special);
        if (special == frame.end()) return;
        switch (*special) {
            case '%': out.append("%25"); break;
            case '\r': out.append("%0D"); break;
            case '\n': out.append("%0A"); break;
            default: out.append("%00");
        }
        frame.remove_prefix(static_cast<std::size_t>(special - frame.begin()) + 1);
    }
}

}  // namespace

std::string_view content_type(envelope_kind kind) noexcept {
    switch (kind) {
        case envelope_kind::xhr:
        case envelope_kind::xhr_streaming:
        case envelope_kind::jsonp: return "application/javascript; charset=UTF-8";
        case envelope_kind::eventsource: return "text/event-stream";
        case envelope_kind::htmlfile: return "text/html; charset=UTF-8";
    }
    return {};
}

void append_prelude(std::string& out,
                    envelope_kind kind,
                    std::string_view callback,
                    htmlfile_head head) {
    switch (kind) {
        case envelope_kind::xhr_streaming: out.append(2048, 'h').push_back('\n'); break;
        case envelope_kind::eventsource: out.append("\r\n"); break;
        case envelope_kind::htmlfile: append_htmlfile_head(out, callback, head); break;
        case envelope_kind::xhr:
        case envelope_kind::jsonp: break;
    }
}

void append_dressed(std::string& out,
                    envelope_kind kind,
                    std::string_view callback,
                    std::string_view frame) {
    switch (kind) {
        case envelope_kind::xhr:
        case envelope_kind::xhr_streaming: out.append(frame).push_back('\n'); break;
        case envelope_kind::eventsource:
            out.append("data: ");
            append_event_data(out, frame);
            out.append("\r\n\r\n");
            break;
        case envelope_kind::htmlfile:
            out.append("<script>\np(");
            append_js_string_for_html(out, frame);
            out.append(");\n</script>\r\n");
            break;
        case envelope_kind::jsonp:
            BOOST_ASSERT(is_callback(callback));
            // The comment keeps the answer from being taken for a Flash file.
            out.append("/**/").append(callback).push_back('(');
            append_js_string_for_html(out, frame);
            out.append(");\r\n");
            break;
    }
}

void append_joined(std::string& out, std::span<std::string_view const> message_frames) {
    out.append("a[");
    bool first = true;
    for (auto const frame : message_frames) {
        BOOST_ASSERT(frame.starts_with("a[") && frame.ends_with(']'));
        auto const strings = frame.substr(2, frame.size() - 3);
        if (strings.empty()) continue;
        if (!first) out.push_back(',');
        out.append(strings);
        first = false;
    }
    out.push_back(']');
}

}  // namespace anywire::sockjs

#include "sockjs/text.hpp"

#include "core/json_string.hpp"
#include "sockjs/callback.hpp"

#include <boost/assert.hpp>

#include <algorithm>

namespace anywire::sockjs {
namespace {

void append_html_escaped(std::string& out, std::string_view text) {
    for (auto const c : text) {
        switch (c) {
            case '&': out.append("&amp;"); break;
            case '<': out.append("&lt;"); break;
            case '>': out.append("&gt;"); break;
            case '"': out.append("&quot;"); break;
            case '\'': out.append("&#39;"); break;
            default: out.push_back(c);
        }
    }
}

constexpr std::string_view bool_text(bool value) noexcept {
    return value ? "true" : "false";
}

/// Script that gives `c` the callback of the page around.
void append_parent(std::string& out, std::string_view callback, htmlfile_head kind) {
    auto const say = [&out](auto const... parts) { (out.append(parts), ...); };
    constexpr auto domain = "document.domain = document.domain;\n";
    if (kind == htmlfile_head::protocol)
        return say("    ", domain, "    var c = parent.", callback, ";\n");
    // Of a page out of reach some browsers throw, others give nothing.
    say("    var c;\n");
    say("    try { c = parent.", callback, "; } catch (e) {}\n");
    say("    if (!c) {\n      ", domain, "      c = parent.", callback, ";\n    }\n");
}

}  // namespace

void append_message_frame(std::string& out, std::string_view text) {
    out.append("a[");
    append_sockjs_string(out, text);
    out.push_back(']');
}

void append_close_frame(std::string& out, int code, std::string_view reason) {
    out.append("c[").append(std::to_string(code)).push_back(',');
    append_json_string(out, reason);
    out.push_back(']');
}

std::string info_json(bool websocket,
                      bool cookie_needed,
                      std::uint32_t entropy,
                      std::string_view base_url) {
    std::string out = "{\"websocket\":";
    out.append(bool_text(websocket)).append(",\"origins\":[\"*:*\"],\"cookie_needed\":");
    out.append(bool_text(cookie_needed)).append(",\"entropy\":").append(std::to_string(entropy));
    if (!base_url.empty()) {
        out.append(",\"base_url\":");
        append_json_string(out, base_url);
    }
    out.push_back('}');
    return out;
}

// The test suite compares both pages line by line: this text is part of the protocol.
std::string iframe_page(std::string_view sockjs_url) {
    std::string out =
        "<!DOCTYPE html>\n"
        "<html>\n"
        "<head>\n"
        "  <meta http-equiv=\"X-UA-Compatible\" content=\"IE=edge\" />\n"
        "  <meta http-equiv=\"Content-Type\" content=\"text/html; charset=UTF-8\" />\n"
        "  <script src=\"";
    append_html_escaped(out, sockjs_url);
    out.append(
        "\"></script>\n"
        "  <script>\n"
        "    document.domain = document.domain;\n"
        "    SockJS.bootstrap_iframe();\n"
        "  </script>\n"
        "</head>\n"
        "<body>\n"
        "  <h2>Don't panic!</h2>\n"
        "  <p>This is a SockJS hidden iframe. It's used for cross domain magic.</p>\n"
        "</body>\n"
        "</html>");
    return out;
}

void append_htmlfile_head(std::string& out, std::string_view callback, htmlfile_head kind) {
    BOOST_ASSERT(is_callback(callback));
    constexpr std::size_t padded_size = 1024;  // and the line ends make it longer
    auto const start = out.size();
    out.append(
        "<!doctype html>\n"
        "<html><head>\n"
        "  <meta http-equiv=\"X-UA-Compatible\" content=\"IE=edge\" />\n"
        "  <meta http-equiv=\"Content-Type\" content=\"text/html; charset=UTF-8\" />\n"
        "</head><body><h2>Don't panic!</h2>\n"
        "  <script>\n");
    append_parent(out, callback, kind);
    out.append(
        "    c.start();\n"
        "    function p(d) {c.message(d);};\n"
        "    window.onload = function() {c.stop();};\n"
        "  </script>");
    out.resize(std::max(out.size(), start + padded_size), ' ');
    out.append("\r\n\r\n");
}

std::string etag_of(std::string_view body) {
    // FNV-1a, 64 bits.
    std::uint64_t hash = 0xcbf29ce484222325;
    for (auto const c : body) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 0x100000001b3;
    }
    std::string out = "\"";
    for (int shift = 60; shift >= 0; shift -= 4)
        out.push_back("0123456789abcdef"[(hash >> shift) & 15]);
    out.push_back('"');
    return out;
}

}  // namespace anywire::sockjs

#include "sockjs_fields.hpp"

#include "core/cookie.hpp"

#include <string_view>

namespace anywire {
namespace {

void append_allowed(std::string& out,
                    http::request_view const& head,
                    std::string_view origin,
                    std::string_view more) {
    out.append("Access-Control-Allow-Origin: ").append(origin).append("\r\n");
    out.append(more).append("Vary: Origin\r\n");
    auto const wanted = head.header("access-control-request-headers");
    if (!wanted.empty()) out.append("Access-Control-Allow-Headers: ").append(wanted).append("\r\n");
}

}  // namespace

void append_sockjs_cors(std::string& out, http::request_view const& head) {
    if (!head.has_header("origin")) return;
    auto const origin = head.header("origin");
    if (origin == "null" && head.path.ends_with("/eventsource"))
        append_allowed(out, head, "*", {});
    else
        append_allowed(out, head, origin, "Access-Control-Allow-Credentials: true\r\n");
}

void append_sockjs_anonymous_cors(std::string& out, http::request_view const& head) {
    if (!head.has_header("origin")) append_allowed(out, head, "*", {});
}

void append_sockjs_cookie(std::string& out, http::request_view const& head) {
    auto const sent = cookie_value(head.header("cookie"), "JSESSIONID");
    out.append("Set-Cookie: JSESSIONID=")
        .append(sent.empty() ? "dummy" : sent)
        .append("; path=/\r\n");
}

}  // namespace anywire

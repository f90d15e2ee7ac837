#include "engineio_fields.hpp"

#include "ascii.hpp"

#include <algorithm>

namespace anywire {
namespace {

std::string joined(std::vector<std::string> const& names) {
    std::string all;
    for (auto const& n : names) all.append(all.empty() ? "" : ",").append(n);
    return all;
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
}

void append_allow_origin(std::string& out, engineio_options const& o, std::string_view origin) {
    auto const all = std::find(o.origins.begin(), o.origins.end(), "*") != o.origins.end();
    // With credentials browsers want to see the origin by its name.
    if (all && (origin.empty() || !o.cors.credentials)) {
        append_field(out, "Access-Control-Allow-Origin", "*");
    } else {
        if (!origin.empty()) append_field(out, "Access-Control-Allow-Origin", origin);
        append_field(out, "Vary", "Origin");
    }
    if (o.cors.credentials) append_field(out, "Access-Control-Allow-Credentials", "true");
}

}  // namespace

void append_cors(std::string& out, engineio_options const& o, http::request_view const& head) {
    if (o.origins.empty() && !o.allow_origin) return;
    append_allow_origin(out, o, head.header("origin"));
    if (!o.cors.exposed_headers.empty())
        append_field(out, "Access-Control-Expose-Headers", joined(o.cors.exposed_headers));
}

void append_preflight(std::string& out, engineio_options const& o, http::request_view const& head) {
    append_field(out, "Access-Control-Allow-Methods", "GET,HEAD,PUT,PATCH,POST,DELETE");
    if (!o.cors.allowed_headers.empty()) {
        append_field(out, "Access-Control-Allow-Headers", joined(o.cors.allowed_headers));
    } else if (auto const asked = head.header("access-control-request-headers"); !asked.empty()) {
        append_field(out, "Vary", "Access-Control-Request-Headers");
        append_field(out, "Access-Control-Allow-Headers", asked);
    }
    if (o.cors.max_age.count() > 0)
        append_field(out, "Access-Control-Max-Age", std::to_string(o.cors.max_age.count()));
}

void append_session_cookie(std::string& out, cookie_options const& c, std::string_view sid) {
    if (c.name.empty()) return;
    out.append("Set-Cookie: ").append(c.name).append("=").append(sid);
    if (c.max_age.count() > 0) out.append("; Max-Age=").append(std::to_string(c.max_age.count()));
    if (!c.domain.empty()) out.append("; Domain=").append(c.domain);
    if (!c.path.empty()) out.append("; Path=").append(c.path);
    if (c.http_only) out.append("; HttpOnly");
    if (c.secure) out.append("; Secure");
    if (!c.same_site.empty()) out.append("; SameSite=").append(c.same_site);
    out.append("\r\n");
}

std::string_view check_cookie(cookie_options const& c) noexcept {
    auto const& name = c.name;
    if (!std::all_of(name.begin(), name.end(), http::is_token_char))
        return "cookie.name must be a token";
    auto const is_bad = [](char ch) { return http::is_control(ch) || ch == ';'; };
    for (auto const* part : {&c.path, &c.domain})
        if (std::any_of(part->begin(), part->end(), is_bad))
            return "cookie.path and cookie.domain must hold no ';' and no control characters";
    auto const& s = c.same_site;
    if (!s.empty() && s != "Lax" && s != "Strict" && s != "None")
        return "cookie.same_site must be Lax, Strict, None or empty";
    return {};
}

}  // namespace anywire

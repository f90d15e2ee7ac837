#include "shim.hpp"

#include <anywire/service.hpp>

#include "core/sha1.hpp"

#include <array>
#include <string>

namespace anywire::gateway {
namespace {

/// Quoted, of what the script is.
std::string make_tag() {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out("\"");
    for (auto const byte : sha1(shim_script())) {
        out.push_back(digits[byte >> 4]);
        out.push_back(digits[byte & 15]);
    }
    return out.append("\"");
}

}  // namespace

void serve_shim(service& to) {
    to.route("GET", "/anywire.js", [tag = make_tag()](route_request const& r) {
        http_answer a{.content_type = "text/javascript; charset=UTF-8"};
        a.fields.add("ETag", tag);
        a.fields.add("Cache-Control", "no-cache");
        a.fields.add("X-Content-Type-Options", "nosniff");
        // Pages elsewhere may include it, also those that ask to be isolated.
        a.fields.add("Cross-Origin-Resource-Policy", "cross-origin");
        if (r.header("if-none-match").find(tag) != std::string_view::npos)
            a.status = 304;
        else
            a.body = shim_script();
        return a;
    });
}

}  // namespace anywire::gateway

#include "engineio/jsonp.hpp"

#include "core/form.hpp"
#include "core/json_string.hpp"

#include <boost/assert.hpp>

namespace anywire::engineio {
namespace {

/// Undoes what clients do to `\n` and line ends, in place: it makes nothing longer.
void unescape_newlines(std::string& text) {
    std::size_t to = 0;
    for (std::size_t at = 0; at < text.size();) {
        auto const rest = std::string_view(text).substr(at);
        if (rest.starts_with("\\\\n")) {
            text[to++] = '\\';
            text[to++] = 'n';
            at += 3;
        } else if (rest.starts_with("\\n")) {
            text[to++] = '\n';
            at += 2;
        } else {
            text[to++] = text[at++];
        }
    }
    text.resize(to);
}

}  // namespace

void append_jsonp(std::string& out, std::string_view index, std::string_view payload) {
    BOOST_ASSERT(index.find_first_not_of("0123456789") == index.npos);
    out.append("___eio[").append(index).append("](");
    append_js_string_for_html(out, payload);
    out.append(");");
}

std::optional<std::string> jsonp_body(std::string_view form) {
    auto body = form_field(form, "d");
    if (body) unescape_newlines(*body);
    return body;
}

}  // namespace anywire::engineio

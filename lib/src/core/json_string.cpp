#include "core/json_string.hpp"

#include "core/json_scan.hpp"

namespace anywire {
namespace {

enum class dialect { json, sockjs, html };

void append_unit(std::string& out, char32_t unit) {
    constexpr char digits[] = "0123456789abcdef";
    char const escape[] = {'\\',
                           'u',
                           digits[(unit >> 12) & 15],
                           digits[(unit >> 8) & 15],
                           digits[(unit >> 4) & 15],
                           digits[unit & 15]};
    out.append(escape, sizeof escape);
}

void append_escaped(std::string& out, char32_t code_point) {
    if (code_point < 0x10000) return append_unit(out, code_point);
    append_unit(out, 0xd800 + ((code_point - 0x10000) >> 10));
    append_unit(out, 0xdc00 + (code_point & 0x3ff));
}

constexpr bool is_mangled_by_browsers(char32_t c) noexcept {
    return (c >= 0x200c && c <= 0x200f) || (c >= 0x2028 && c <= 0x202f) ||
           (c >= 0x2060 && c <= 0x206f) || c >= 0xfff0;
}

template <dialect Dialect>
constexpr bool must_escape(char32_t c) noexcept {
    if constexpr (Dialect == dialect::sockjs) return is_mangled_by_browsers(c);
    if constexpr (Dialect == dialect::html) return c == 0x2028 || c == 0x2029;
    return false;
}

// `<` closes or hides a script element only together with the byte that follows it.
void append_less(std::string& out, std::string_view text) {
    auto const next = text.size() > 1 ? text[1] : ' ';
    if (next == '/')
        out.append("<\\");  // the slash itself follows as it is
    else if (next == '!')
        append_unit(out, '<');
    else
        out.push_back('<');
}

void append_ascii(std::string& out, char c) {
    switch (c) {
        case '"': out.append("\\\""); break;
        case '\\': out.append("\\\\"); break;
        case '\b': out.append("\\b"); break;
        case '\t': out.append("\\t"); break;
        case '\n': out.append("\\n"); break;
        case '\f': out.append("\\f"); break;
        case '\r': out.append("\\r"); break;
        default: append_unit(out, static_cast<unsigned char>(c));
    }
}

// Appends the first code point of `text`, which may not stand as it is; says how many bytes that
// took.
template <dialect Dialect>
std::size_t append_special(std::string& out, std::string_view text) {
    if (static_cast<unsigned char>(text[0]) < 0x80) {
        if (Dialect == dialect::html && text[0] == '<')
            append_less(out, text);
        else
            append_ascii(out, text[0]);
        return 1;
    }
    auto const step = detail::decode_utf8(text);
    if (must_escape<Dialect>(step.code_point))
        append_escaped(out, step.code_point);
    else
        out.append(detail::replacement);  // the text is not UTF-8 here
    return step.length;
}

template <dialect Dialect>
void append_string(std::string& out, std::string_view text) {
    out.push_back('"');
    for (;;) {
        auto const verbatim =
            detail::verbatim_run<Dialect == dialect::html>(text, must_escape<Dialect>);
        out.append(text.data(), verbatim);
        text.remove_prefix(verbatim);
        if (text.empty()) break;
        text.remove_prefix(append_special<Dialect>(out, text));
    }
    out.push_back('"');
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    append_string<dialect::json>(out, text);
}

void append_sockjs_string(std::string& out, std::string_view text) {
    append_string<dialect::sockjs>(out, text);
}

void append_js_string_for_html(std::string& out, std::string_view text) {
    append_string<dialect::html>(out, text);
}

void append_ascii_json(std::string& out, std::string_view json) {
    while (!json.empty()) {
        auto const step = detail::decode_utf8(json);
        if (step.code_point < 0x80)
            out.push_back(json[0]);
        else
            append_escaped(out, step.code_point);
        json.remove_prefix(step.length);
    }
}

}  // namespace anywire

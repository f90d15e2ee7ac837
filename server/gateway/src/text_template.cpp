#include "text_template.hpp"

#include "ascii.hpp"
#include "core/percent.hpp"
#include "front_query.hpp"
#include "request_guard.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace anywire::gateway {
namespace {

using namespace std::literals;
using http::hex_value;
using http::is_control;

constexpr auto variables =
    "{path}, {query}, {query.NAME}, {cookie.NAME}, {header.NAME}, {address}, {host}, {scheme}, "
    "{session}, {transport} or {dialect}"sv;

/// The byte that `%xx` at the front stands for, or -1.
int encoded_byte(std::string_view text) noexcept {
    if (text.size() < 3 || text[0] != '%') return -1;
    auto const high = hex_value(text[1]);
    auto const low = hex_value(text[2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/// Takes the first character off, which may be encoded.
char take_character(std::string_view& text) noexcept {
    auto const encoded = encoded_byte(text);
    auto const c = encoded < 0 ? text[0] : static_cast<char>(encoded);
    text.remove_prefix(encoded < 0 ? 1 : 3);
    return c;
}

/// What may stand in a path or a query as it is: all that RFC 3986 knows, and the brackets and bars
/// that everybody sends; `%` only before two digits.
bool may_stand(std::string_view text) noexcept {
    auto const c = text[0];
    if (c == '%') return encoded_byte(text) >= 0;
    return c > ' ' && c < '\x7f' && "\"<>\\^`{|}#"sv.find(c) == ""sv.npos;
}

/// Appends what is encoded already, and encodes the rest.
void append_as_sent(std::string& out, std::string_view text, std::string_view besides = {}) {
    for (; !text.empty(); text.remove_prefix(1)) {
        if (may_stand(text) && besides.find(text[0]) == besides.npos)
            out.push_back(text[0]);
        else
            out.append(percent_encoded(text.substr(0, 1)));
    }
}

void append_without_controls(std::string& out, std::string_view text) {
    std::copy_if(
        text.begin(), text.end(), std::back_inserter(out), [](char c) { return !is_control(c); });
}

}  // namespace

std::string_view asked_host(request const& r) noexcept {
    auto const host = r.host();
    return http::is_valid_host(host) ? host : std::string_view{};
}

bool climbs(std::string_view path) noexcept {
    std::size_t dots = 0;
    auto is_dots = true;  // so far, of the segment
    auto const ends_climbing = [&] { return is_dots && dots == 2; };
    while (!path.empty()) {
        auto const c = take_character(path);
        if (c == '/' || c == '\\') {
            if (ends_climbing()) return true;
            is_dots = true;
            dots = 0;
        } else if (c == ';') {  // parameters, up to the segment's end
            if (ends_climbing()) return true;
            is_dots = false;
        } else if (c == '.') {
            ++dots;
        } else {
            is_dots = false;
        }
    }
    return ends_climbing();
}

std::optional<text_template::piece> text_template::parse_variable(std::string_view inside,
                                                                  std::string& error) {
    constexpr std::array<std::pair<std::string_view, variable>, 8> plain{{
        {"path", variable::path},
        {"query", variable::query},
        {"address", variable::address},
        {"host", variable::host},
        {"scheme", variable::scheme},
        {"session", variable::session},
        {"transport", variable::transport},
        {"dialect", variable::dialect},
    }};
    constexpr std::array<std::pair<std::string_view, variable>, 3> named{{
        {"query.", variable::query_value},
        {"cookie.", variable::cookie},
        {"header.", variable::header},
    }};
    for (auto const& [name, what] : plain)
        if (inside == name) return piece{.what = what};
    for (auto const& [prefix, what] : named) {
        if (!inside.starts_with(prefix)) continue;
        auto const name = inside.substr(prefix.size());
        auto const is_name = what == variable::query_value ||
                             std::all_of(name.begin(), name.end(), http::is_token_char);
        if (name.empty() || !is_name) break;
        return piece{.what = what, .name = std::string(name)};
    }
    error.assign("\"{").append(inside).append("}\" is no variable: write ");
    error.append(variables).append(", or \"{{\" for a brace");
    return std::nullopt;
}

std::optional<text_template> text_template::parse(std::string_view text, std::string& error) {
    if (text.size() > max_text) {
        error = "it is longer than 8192 bytes";
        return std::nullopt;
    }
    if (std::any_of(text.begin(), text.end(), is_control)) {
        error = "it holds a control character: leave it out";
        return std::nullopt;
    }
    text_template made;
    std::string literal;
    while (!text.empty()) {
        auto const brace = std::min(text.find('{'), text.size());
        literal.append(text.substr(0, brace));
        text.remove_prefix(brace);
        if (text.empty()) break;
        if (text.starts_with("{{")) {
            literal.push_back('{');
            text.remove_prefix(2);
            continue;
        }
        auto const end = text.find('}');
        if (end == text.npos) {
            error = "a \"{\" has no \"}\" after it: write \"{{\" for a brace";
            return std::nullopt;
        }
        auto parsed = parse_variable(text.substr(1, end - 1), error);
        if (!parsed) return std::nullopt;
        parsed->text = std::exchange(literal, {});
        made.pieces_.push_back(std::move(*parsed));
        text.remove_prefix(end + 1);
    }
    if (!literal.empty()) made.pieces_.push_back({.text = std::move(literal)});
    return made;
}

/// Of all but {path} and {query}, decoded.
std::string text_template::value_of(piece const& p, link_opening const& from) {
    auto const& r = from.request;
    switch (p.what) {
        case variable::none:
        case variable::path: break;
        case variable::query: return query_for_backend(from);
        case variable::query_value: return r.query_value(p.name).value_or(std::string());
        case variable::cookie: return r.cookie(p.name).value_or(std::string());
        case variable::header: return std::string(r.header(p.name));
        case variable::address: return std::string(r.remote_address());
        case variable::host: return std::string(asked_host(r));
        case variable::scheme: return r.is_secure() ? "https" : "http";
        case variable::session: return std::string(from.session);
        case variable::transport: return std::string(from.transport);
        case variable::dialect: return std::string(from.dialect);
    }
    return {};
}

bool text_template::append_path(std::string& out, std::string_view below, template_use use) const {
    if (climbs(below)) return false;
    for (auto rest = below; !rest.empty(); rest.remove_prefix(1))
        if (encoded_byte(rest) == 0 || rest[0] == '\0') return false;
    if (out.ends_with('/') && below.starts_with('/')) below.remove_prefix(1);
    if (use == template_use::url)
        append_as_sent(out, below, "?");
    else
        append_without_controls(out, below);
    return true;
}

bool text_template::append_value(std::string& out,
                                 piece const& p,
                                 link_opening const& from,
                                 template_use use) const {
    if (p.what == variable::path) return append_path(out, from.below, use);
    auto const value = value_of(p, from);
    if (use == template_use::field)
        append_without_controls(out, value);
    else if (p.what != variable::query)
        out.append(percent_encoded(value));
    else if (!value.empty())
        append_as_sent(out, value);
    else if (&p == &pieces_.back() && (out.ends_with('?') || out.ends_with('&')))
        out.pop_back();
    return true;
}

std::optional<std::string> text_template::expand(link_opening const& from, template_use use) const {
    std::string out;
    for (auto const& p : pieces_) {
        out.append(p.text);
        if (!append_value(out, p, from, use) || out.size() > max_expanded) return std::nullopt;
    }
    return out;
}

bool text_template::is_constant() const noexcept {
    return std::all_of(
        pieces_.begin(), pieces_.end(), [](piece const& p) { return p.what == variable::none; });
}

bool text_template::has_constant_server() const noexcept {
    if (is_constant()) return true;
    std::string_view before = pieces_.front().text;
    constexpr auto unix_scheme = "ws+unix:"sv;
    if (istarts_with(before, unix_scheme))
        return before.substr(unix_scheme.size()).find(':') != before.npos;
    auto const authority = before.find("://");
    if (authority == before.npos) return false;
    return before.substr(authority + 3).find_first_of("/?") != before.npos;
}

}  // namespace anywire::gateway

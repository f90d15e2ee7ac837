#include "static_path.hpp"

#include "ascii.hpp"

#include <algorithm>

namespace anywire::http {
namespace {

constexpr std::size_t max_path = 1024;

/// The byte at the start of `s`, decoded once; -1 where the escape is none. Cuts it off.
int take_decoded(std::string_view& s) noexcept {
    char const c = s.front();
    s.remove_prefix(1);
    if (c != '%') return static_cast<unsigned char>(c);
    if (s.size() < 2) return -1;
    int const high = hex_value(s[0]);
    int const low = hex_value(s[1]);
    if (high < 0 || low < 0) return -1;
    s.remove_prefix(2);
    int const byte = high * 16 + low;
    return byte == '/' ? -1 : byte;
}

/// A percent sign left after decoding was encoded twice; ';' and ':' mean something elsewhere.
bool is_file_char(int byte) noexcept {
    return byte >= ' ' && byte < 0x7f &&
           std::string_view("%\\;:").find(static_cast<char>(byte)) == std::string_view::npos;
}

/// A strong or weak tag without its W/, cut off the front of a list; empty at its end or where
/// the list is malformed.
std::string_view take_tag(std::string_view& list) noexcept {
    list.remove_prefix(std::min(list.find_first_not_of(", \t"), list.size()));
    if (list.starts_with("W/")) list.remove_prefix(2);
    if (!list.starts_with('"')) return {};
    auto const close = list.find('"', 1);
    if (close == std::string_view::npos) return {};
    auto const tag = list.substr(0, close + 1);
    list.remove_prefix(close + 1);
    return tag;
}

}  // namespace

std::optional<std::string> static_path(std::string_view url_path) {
    if (url_path.empty() || url_path.front() != '/' || url_path.size() > max_path)
        return std::nullopt;
    url_path.remove_prefix(1);
    std::string out;
    bool segment_start = true;
    while (!url_path.empty()) {
        int const byte = take_decoded(url_path);
        if (!is_file_char(byte)) return std::nullopt;
        if (segment_start && (byte == '/' || byte == '.')) return std::nullopt;
        segment_start = byte == '/';
        out.push_back(static_cast<char>(byte));
    }
    if (segment_start) out.append("index.html");
    return out;
}

std::string_view content_type_of(std::string_view file_name) noexcept {
    struct entry {
        std::string_view extension;
        std::string_view type;
    };
    static constexpr entry table[] = {
        {"html", "text/html; charset=UTF-8"},
        {"htm", "text/html; charset=UTF-8"},
        {"css", "text/css; charset=UTF-8"},
        {"js", "text/javascript; charset=UTF-8"},
        {"mjs", "text/javascript; charset=UTF-8"},
        {"json", "application/json"},
        {"map", "application/json"},
        {"txt", "text/plain; charset=UTF-8"},
        {"md", "text/markdown; charset=UTF-8"},
        {"xml", "application/xml"},
        {"svg", "image/svg+xml"},
        {"png", "image/png"},
        {"jpg", "image/jpeg"},
        {"jpeg", "image/jpeg"},
        {"gif", "image/gif"},
        {"webp", "image/webp"},
        {"ico", "image/x-icon"},
        {"woff", "font/woff"},
        {"woff2", "font/woff2"},
        {"wasm", "application/wasm"},
        {"pdf", "application/pdf"},
        {"webmanifest", "application/manifest+json"},
    };
    auto const dot = file_name.rfind('.');
    auto const extension = dot == std::string_view::npos ? file_name : file_name.substr(dot + 1);
    for (auto const& e : table)
        if (iequals(e.extension, extension)) return e.type;
    return "application/octet-stream";
}

bool etag_matches(std::string_view if_none_match, std::string_view etag) noexcept {
    if (trim(if_none_match) == "*") return true;
    auto const wanted = take_tag(etag);
    if (wanted.empty()) return false;
    for (;;) {
        auto const tag = take_tag(if_none_match);
        if (tag.empty()) return false;
        if (tag == wanted) return true;
    }
}

}  // namespace anywire::http

// Templates, and what becomes of them: a URL of the same server, a field that ends where it ends.
#include "ascii.hpp"
#include "client/url.hpp"
#include "forward_fields.hpp"
#include "proxy_header.hpp"
#include "session/request_builder.hpp"
#include "text_template.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace anywire;
using namespace anywire::gateway;

namespace {

void require(bool held) {
    if (!held) std::abort();
}

bool has_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(), http::is_control);
}

/// "/.." nowhere, whatever was decoded first, and however often.
void check_stays(std::string_view path) {
    for (std::size_t at = 0; (at = path.find("/..", at)) != path.npos; at += 3) {
        auto const after = path.substr(at + 3, 1);
        require(!after.empty() && after != "/" && after != "\\" && after != ";");
    }
}

void check_url(link_opening const& from) {
    std::string error;
    static auto const url = text_template::parse(
        "ws://backend:9000/app/{path}?x={query.x}&h={header.h}&{query}", error);
    require(url && url->has_constant_server());
    auto const text = url->expand(from, template_use::url);
    if (!text) return;
    require(text->size() <= text_template::max_expanded);
    auto const read = parse_url(*text);
    require(read.has_value());
    require(read->host == "backend" && read->port == 9000 && read->path.starts_with("/app/"));
    check_stays(read->path);
    std::string decoded;
    for (std::size_t i = 0; i < read->path.size(); ++i) {
        auto const rest = std::string_view(read->path).substr(i);
        if (rest[0] != '%') {
            decoded.push_back(rest[0]);
            continue;
        }
        require(rest.size() > 2 && http::hex_value(rest[1]) >= 0 && http::hex_value(rest[2]) >= 0);
        decoded.push_back(
            static_cast<char>(http::hex_value(rest[1]) * 16 + http::hex_value(rest[2])));
        i += 2;
    }
    check_stays(decoded);
    require(decoded.find('\0') == decoded.npos);
}

void check_template(std::string_view text, link_opening const& from) {
    std::string error;
    auto const parsed = text_template::parse(text, error);
    require(parsed.has_value() != !error.empty());
    if (!parsed) return;
    auto const field = parsed->expand(from, template_use::field);
    require(!field || (!has_control(*field) && field->size() <= text_template::max_expanded));
    auto const url = parsed->expand(from, template_use::url);
    require(!url || url->size() <= text_template::max_expanded);
    require(!parsed->is_constant() || (field && field == url));
}

void check_fields(std::string_view text, link_opening const& from) {
    forward_settings s;
    s.forwarded = true;
    s.headers.emplace_back("h");
    s.set.emplace_back("X-Set", text);
    std::string error;
    auto const made = forward_fields::make(s, error);
    if (!made) return;
    auto const fields = made->of(from);
    if (!fields) return;
    for (auto const& f : *fields) {
        require(!f.name.empty() && std::all_of(f.name.begin(), f.name.end(), http::is_token_char));
        require(!has_control(f.value) && http::trim(f.value) == f.value);
        require(!is_connection_field(f.name));
    }
}

void check_preamble(std::string_view address) {
    for (auto const version : {proxy_header::v1, proxy_header::v2}) {
        auto const bytes = proxy_preamble(version, address, true);
        http::proxy_header_reader reader;
        std::size_t used = 0;
        require(reader.feed(bytes, used) == http::proxy_header_reader::status::done);
        require(used == bytes.size());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view bytes(reinterpret_cast<char const*>(data), size);
    auto const text = take_element(bytes, '\n');
    auto const below = take_element(bytes, '\n');
    auto const target = take_element(bytes, '\n');
    auto const address = take_element(bytes, '\n');
    request_builder b;
    b.set_target(target);
    b.set_remote(address, target.size() % 2 == 0);
    for (auto const* const name : {"Host", "Cookie"}) b.add_field(name, take_element(bytes, '\n'));
    b.add_field("h", bytes.substr(0, bytes.find('\n')));
    auto const r = b.build();
    link_opening const from{.request = r, .session = "s", .dialect = "sockjs", .below = below};
    check_url(from);
    check_template(text, from);
    check_fields(text, from);
    check_preamble(address);
    return 0;
}

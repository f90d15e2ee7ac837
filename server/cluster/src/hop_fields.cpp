#include "hop_fields.hpp"

#include "core/ascii.hpp"

#include <algorithm>
#include <array>

namespace anywire::relay {
namespace {

constexpr std::array<std::string_view, 11> of_connections{"connection",
                                                          "content-length",
                                                          "keep-alive",
                                                          "http2-settings",
                                                          "proxy-authenticate",
                                                          "proxy-authorization",
                                                          "proxy-connection",
                                                          "te",
                                                          "trailer",
                                                          "transfer-encoding",
                                                          "upgrade"};

bool is_same_to_servers(std::string_view name, std::string_view known) noexcept {
    return std::equal(name.begin(), name.end(), known.begin(), known.end(), [](char a, char b) {
        return (a == '_' ? '-' : to_lower(a)) == b;
    });
}

}  // namespace

bool is_of_connection(std::string_view name) noexcept {
    return std::any_of(of_connections.begin(), of_connections.end(), [name](auto const known) {
        return is_same_to_servers(name, known);
    });
}

bool is_nominated(std::string_view name, std::span<http_field const> all) noexcept {
    for (auto const& f : all) {
        if (!iequals(f.name, "connection")) continue;
        for (auto list = f.value; !list.empty();)
            if (iequals(take_element(list), name)) return true;
    }
    return false;
}

response_headers fields_to_answer(std::span<http_field const> of) {
    response_headers out;
    for (auto const& f : of) {
        if (iequals(f.name, "date") || is_of_connection(f.name)) continue;
        if (!is_nominated(f.name, of)) out.add(f.name, f.value);
    }
    return out;
}

}  // namespace anywire::relay

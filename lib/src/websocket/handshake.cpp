#include "websocket/handshake.hpp"

#include "core/ascii.hpp"
#include "core/base64.hpp"
#include "core/sha1.hpp"

#include <algorithm>

namespace anywire::websocket {
bool lists_token(std::string_view list, std::string_view lower) noexcept {
    while (!list.empty())
        if (iequals(take_element(list), lower)) return true;
    return false;
}

error_code check_handshake(handshake_headers const& headers) noexcept {
    if (headers.method != "GET" || !headers.http_1_1) return errc::bad_handshake;
    if (!lists_token(headers.upgrade, "websocket")) return errc::bad_handshake;
    if (!lists_token(headers.connection, "upgrade")) return errc::bad_handshake;
    if (trim(headers.version) != "13") return errc::unsupported_version;
    if (!is_base64_of_16_bytes(trim(headers.key))) return errc::bad_handshake;
    return {};
}

std::string accept_key(std::string_view key) {
    std::string text{trim(key)};
    text += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    auto const digest = sha1(text);
    std::string out;
    append_base64(out, {reinterpret_cast<char const*>(digest.data()), digest.size()});
    return out;
}

void append_offered(std::vector<std::string_view>& out, std::string_view list) {
    while (!list.empty()) {
        auto const name = take_element(list);
        if (!name.empty() && std::all_of(name.begin(), name.end(), is_token_char))
            out.push_back(name);
    }
}

std::string_view choose_subprotocol(std::span<std::string_view const> offered,
                                    std::span<std::string const> known) noexcept {
    for (auto const name : offered) {
        auto const found = std::find(known.begin(), known.end(), name);
        if (found != known.end()) return *found;
    }
    return {};
}

}  // namespace anywire::websocket

#include "websocket/client_handshake.hpp"

#include "core/ascii.hpp"
#include "core/base64.hpp"
#include "websocket/handshake.hpp"

#include <algorithm>

namespace anywire::websocket {
namespace {

bool is_token(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

/// Printable ASCII without spaces: what a target and a host are made of.
bool is_visible(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

/// Spec: RFC 9110, section 5.5; bytes beyond ASCII are let through, as that does.
bool is_field_value(std::string_view text) noexcept {
    return std::none_of(text.begin(), text.end(), [](char c) {
        auto const byte = static_cast<unsigned char>(c);
        return byte == 0x7f || (byte < 0x20 && c != '\t');
    });
}

/// Whether the handshake writes this field, or it would change where the request ends.
bool is_ours(std::string_view name) noexcept {
    constexpr std::array<std::string_view, 5> names{
        "host", "upgrade", "connection", "content-length", "transfer-encoding"};
    return istarts_with(name, "sec-websocket-") ||
           std::any_of(names.begin(), names.end(), [name](auto n) { return iequals(name, n); });
}

bool are_distinct_tokens(std::span<std::string const> names) noexcept {
    for (auto name = names.begin(); name != names.end(); ++name)
        if (!is_token(*name) || std::find(names.begin(), name, *name) != name) return false;
    return true;
}

bool is_sound(handshake_request const& r) noexcept {
    if (r.host.empty() || !is_visible(r.host) || r.host.find_first_of("/?#@") != r.host.npos)
        return false;
    if (!r.target.starts_with('/') || !is_visible(r.target) || r.target.find('#') != r.target.npos)
        return false;
    return is_base64_of_16_bytes(r.key) && are_distinct_tokens(r.protocols) &&
           std::all_of(r.fields.begin(), r.fields.end(), [](request_field const& f) {
               return is_token(f.name) && !is_ours(f.name) && is_field_value(f.value);
           });
}

handshake_result failed(std::string_view why, errc what = errc::bad_handshake) {
    return {.error = what, .why = why};
}

}  // namespace

std::string make_key(std::span<std::uint8_t const, 16> random) {
    std::string key;
    append_base64(key, {reinterpret_cast<char const*>(random.data()), random.size()});
    return key;
}

error_code append_handshake_request(std::string& out, handshake_request const& request) {
    if (!is_sound(request)) return errc::bad_option;
    out.append("GET ").append(request.target).append(" HTTP/1.1\r\nHost: ").append(request.host);
    out.append("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ");
    out.append(request.key).append("\r\nSec-WebSocket-Version: 13\r\n");
    for (auto const& name : request.protocols)
        out.append(&name == request.protocols.data() ? "Sec-WebSocket-Protocol: " : ", ")
            .append(name);
    if (!request.protocols.empty()) out.append("\r\n");
    if (request.deflate.enabled) {
        out.append("Sec-WebSocket-Extensions: ");
        append_deflate_offer(out, request.deflate);
        out.append("\r\n");
    }
    for (auto const& field : request.fields)
        out.append(field.name).append(": ").append(field.value).append("\r\n");
    out.append("\r\n");
    return {};
}

handshake_result check_handshake_response(handshake_response const& response,
                                          handshake_request const& request) {
    if (response.status != 101)
        return failed("the server answered with another status than 101", errc::handshake_refused);
    if (!response.http_1_1) return failed("a 101 that is not HTTP/1.1");
    if (!iequals(trim(response.upgrade), "websocket"))
        return failed("the 101 does not upgrade to websocket");
    if (!lists_token(response.connection, "upgrade"))
        return failed("the Connection of the 101 does not list upgrade");
    if (trim(response.accept) != accept_key(request.key))
        return failed("Sec-WebSocket-Accept does not answer the key");

    handshake_result result;
    if (auto const name = trim(response.protocol); !name.empty()) {
        auto const offered = std::find(request.protocols.begin(), request.protocols.end(), name);
        if (offered == request.protocols.end())
            return failed("the server chose a subprotocol that was not offered");
        result.protocol = *offered;
    }
    auto const answer = check_deflate_answer(response.extensions, request.deflate);
    if (!answer.wrong.empty()) return failed(answer.wrong);
    result.deflate = answer.agreed;
    return result;
}

}  // namespace anywire::websocket

// What a client says to join a namespace, and the names that no event of it has.
#include "client_socket_core.hpp"
#include "core/percent.hpp"
#include "socketio/json_text.hpp"
#include "socketio/reserved.hpp"

#include <array>
#include <stdexcept>

namespace anywire::socketio {
namespace {

constexpr std::array<reserved_name, 6> heard{{
    {"connect", "write socket.on_connect([] { ... })"},
    {"connect_error", "write socket.on_connect_error([](sio::connect_error const& why) { ... })"},
    {"disconnect", "write socket.on_disconnect([](sio::client_disconnect_reason why) { ... })"},
    {"disconnecting", "it is the server's; write socket.on_disconnect(...)"},
    {"newListener", advice_on_emitters},
    {"removeListener", advice_on_emitters},
}};
constexpr std::array<reserved_name, 6> emitted{{
    {"connect", "write socket.connect()"},
    {"connect_error", "it is what a client hears"},
    {"disconnect", "write socket.disconnect()"},
    {"disconnecting", "choose another name"},
    {"newListener", advice_on_emitters},
    {"removeListener", advice_on_emitters},
}};

}  // namespace

std::string engine_url(std::string_view url) {
    std::string text(url);
    auto const host = text.find("://");
    if (host == text.npos) return text;
    auto const path = text.find_first_of("/?#", host + 3);
    if (path == text.npos) return text + "/socket.io/";
    if (text[path] == '?')
        text.insert(path, "/socket.io/");
    else if (path + 1 == text.size() || text[path + 1] == '?')
        text.replace(path, 1, "/socket.io/");
    return text;
}

void check_client_hears(std::string_view name) {
    check_name("on", name, heard);
}

void check_client_emits(std::string_view name) {
    check_name("emit", name, emitted);
}

void check_auth(json_value const& auth) {
    if (auth.view().kind() != json_kind::object)
        throw std::invalid_argument("auth is an object: {{\"token\", token}}");
    if (!auth.view().attachments().empty())
        throw std::invalid_argument("auth has no bytes in it: write them as text");
}

std::string auth_payload(json_view auth, std::string_view pid, std::string_view offset) {
    auto const own = detail::inside(detail::trimmed(auth.text()));
    if (pid.empty()) return own.empty() ? std::string() : "{" + std::string(own) + "}";
    std::string text;
    json_writer out(text);
    out.begin_object();
    out.key("pid");
    out.string(pid);
    if (!offset.empty()) {
        out.key("offset");
        out.string(offset);
    }
    out.end_object();
    // The application's own members last: they count, as with Object.assign.
    if (!own.empty()) text.insert(text.size() - 1, "," + std::string(own));
    return text;
}

std::string auth_query(json_view auth) {
    std::string query;
    for (auto const member : auth.members()) {
        auto const text = member.value.as_string();
        if (!query.empty()) query.push_back('&');
        query.append(percent_encoded(member.key.as_string().value_or(""))).push_back('=');
        query.append(percent_encoded(text ? *text : member.value.text()));
    }
    return query;
}

}  // namespace anywire::socketio

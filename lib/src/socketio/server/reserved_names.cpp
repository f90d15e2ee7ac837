#include "reserved_names.hpp"

#include <array>
#include <span>
#include <stdexcept>
#include <string>

namespace anywire::socketio {
namespace {

struct advice {
    std::string_view name;
    std::string_view text;
};

constexpr std::string_view of_emitters =
    "it belongs to the event emitters of Node, and never travels";

constexpr std::array<advice, 9> heard_by_nsp{{
    {"connection", "write io.on_connection([](sio::socket& socket) { ... })"},
    {"connect", "write io.on_connection([](sio::socket& socket) { ... })"},
    {"disconnect", "write socket.on_disconnect(...) in io.on_connection"},
    {"disconnecting", "write socket.on_disconnecting(...) in io.on_connection"},
    {"connect_error", "clients hear it; write io.use(...) to refuse one"},
    {"error",
     "write socket.on_error(...) in io.on_connection, for what socket.use refuses; a client's "
     "event "
     "of that name is seen by socket.on_any(...)"},
    {"new_namespace", "write io.on_new_namespace([](sio::nsp const& made) { ... })"},
    {"newListener", of_emitters},
    {"removeListener", of_emitters},
}};
constexpr std::array<advice, 7> heard_by_socket{{
    {"connect", "the socket is connected already: what is to be done goes into io.on_connection"},
    {"disconnect", "write socket.on_disconnect([](sio::disconnect_reason why) { ... })"},
    {"disconnecting", "write socket.on_disconnecting([](sio::disconnect_reason why) { ... })"},
    {"connect_error", "clients hear it; write io.use(...) to refuse one"},
    {"error",
     "write socket.on_error(...), for what socket.use refuses; a client's event of that name is "
     "seen by socket.on_any(...)"},
    {"newListener", of_emitters},
    {"removeListener", of_emitters},
}};
constexpr std::array<advice, 6> emitted{{
    {"connect", "clients get it by themselves when they have joined: choose another name"},
    {"connect_error", "a function given to io.use sends it, by next({.message = ...})"},
    {"disconnect", "write socket.disconnect() or io.disconnect_sockets()"},
    {"disconnecting", "choose another name"},
    {"newListener", of_emitters},
    {"removeListener", of_emitters},
}};
constexpr std::array<advice, 3> sent_to_servers{{
    {"connect", "choose another name"},
    {"connection", "choose another name"},
    {"new_namespace", "choose another name"},
}};

void check(std::string_view function, std::string_view name, std::span<advice const> reserved) {
    for (auto const& each : reserved) {
        if (each.name != name) continue;
        std::string text(function);
        text.append("(\"").append(name).append("\") is reserved: ").append(each.text);
        throw std::invalid_argument(text);
    }
}

}  // namespace

void check_heard_name(std::string_view name, hearer where) {
    if (where == hearer::nsp)
        check("on", name, heard_by_nsp);
    else
        check("on", name, heard_by_socket);
}

void check_emitted_name(std::string_view name) {
    check("emit", name, emitted);
}

void check_server_side_name(std::string_view name) {
    check("server_side_emit", name, sent_to_servers);
}

}  // namespace anywire::socketio

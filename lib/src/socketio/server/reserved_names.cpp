#include "reserved_names.hpp"

#include "socketio/reserved.hpp"

#include <array>

namespace anywire::socketio {
namespace {

constexpr std::array<reserved_name, 9> heard_by_nsp{{
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
    {"newListener", advice_on_emitters},
    {"removeListener", advice_on_emitters},
}};
constexpr std::array<reserved_name, 7> heard_by_socket{{
    {"connect", "the socket is connected already: what is to be done goes into io.on_connection"},
    {"disconnect", "write socket.on_disconnect([](sio::disconnect_reason why) { ... })"},
    {"disconnecting", "write socket.on_disconnecting([](sio::disconnect_reason why) { ... })"},
    {"connect_error", "clients hear it; write io.use(...) to refuse one"},
    {"error",
     "write socket.on_error(...), for what socket.use refuses; a client's event of that name is "
     "seen by socket.on_any(...)"},
    {"newListener", advice_on_emitters},
    {"removeListener", advice_on_emitters},
}};
constexpr std::array<reserved_name, 6> emitted{{
    {"connect", "clients get it by themselves when they have joined: choose another name"},
    {"connect_error", "a function given to io.use sends it, by next({.message = ...})"},
    {"disconnect", "write socket.disconnect() or io.disconnect_sockets()"},
    {"disconnecting", "choose another name"},
    {"newListener", advice_on_emitters},
    {"removeListener", advice_on_emitters},
}};
constexpr std::array<reserved_name, 3> sent_to_servers{{
    {"connect", "choose another name"},
    {"connection", "choose another name"},
    {"new_namespace", "choose another name"},
}};

}  // namespace

void check_heard_name(std::string_view name, hearer where) {
    if (where == hearer::nsp)
        check_name("on", name, heard_by_nsp);
    else
        check_name("on", name, heard_by_socket);
}

void check_emitted_name(std::string_view name) {
    check_name("emit", name, emitted);
}

void check_server_side_name(std::string_view name) {
    check_name("server_side_emit", name, sent_to_servers);
}

}  // namespace anywire::socketio

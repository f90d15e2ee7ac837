// Names that are no events: each is refused with what to write instead.
#include "socketio/server/reserved_names.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>
#include <string_view>

using namespace anywire::socketio;

namespace {

/// What `f` throws as a `std::invalid_argument`, or "".
template <class F>
std::string refusal(F f) {
    try {
        f();
        return {};
    } catch (std::invalid_argument const& e) {
        return e.what();
    }
}
std::string heard(std::string_view name, hearer where) {
    return refusal([&] { check_heard_name(name, where); });
}
std::string emitted(std::string_view name) {
    return refusal([&] { check_emitted_name(name); });
}
bool names(std::string const& text, std::string_view function) {
    return text.find(function) != std::string::npos;
}

}  // namespace

TEST_CASE("a handler for a name that is no event is told the right function") {
    CHECK(
        heard("connection", hearer::nsp) ==
        "on(\"connection\") is reserved: write io.on_connection([](sio::socket& socket) { ... })");
    CHECK(names(heard("connect", hearer::nsp), "io.on_connection"));
    CHECK(names(heard("disconnect", hearer::nsp), "socket.on_disconnect"));
    CHECK(names(heard("disconnecting", hearer::nsp), "socket.on_disconnecting"));
    CHECK(names(heard("connect_error", hearer::nsp), "io.use"));
    CHECK(names(heard("error", hearer::nsp), "socket.on_error"));
    CHECK(names(heard("new_namespace", hearer::nsp), "io.on_new_namespace"));
    CHECK(names(heard("connect", hearer::socket), "io.on_connection"));
    CHECK(names(heard("disconnect", hearer::socket), "socket.on_disconnect("));
    CHECK(names(heard("disconnecting", hearer::socket), "socket.on_disconnecting("));
    CHECK(names(heard("connect_error", hearer::socket), "io.use"));
    CHECK(names(heard("error", hearer::socket), "socket.on_error"));
    for (auto const where : {hearer::nsp, hearer::socket})
        for (auto const* name : {"newListener", "removeListener"})
            CHECK(names(heard(name, where), "Node"));
}

TEST_CASE("what clients may send can be heard") {
    for (auto const* name : {"", "message", "Connection", "disconnected", "errors", "ping"}) {
        CHECK(heard(name, hearer::nsp).empty());
        CHECK(heard(name, hearer::socket).empty());
        CHECK(emitted(name).empty());
    }
    for (auto const* name : {"connection", "new_namespace"}) {
        CHECK(heard(name, hearer::socket).empty());
        CHECK(emitted(name).empty());
    }
    CHECK(emitted("error").empty());
}

TEST_CASE("an emit of a reserved name is told what to do instead") {
    CHECK(emitted("disconnect") ==
          "emit(\"disconnect\") is reserved: write socket.disconnect() or io.disconnect_sockets()");
    CHECK(names(emitted("connect_error"), "io.use"));
    for (auto const* name : {"connect", "disconnecting", "newListener", "removeListener"})
        CHECK(names(emitted(name), std::string("emit(\"") + name + "\") is reserved: "));
    for (auto const* name : {"connect", "connection", "new_namespace"})
        CHECK(names(refusal([&] { check_server_side_name(name); }), "server_side_emit(\""));
    CHECK(refusal([] { check_server_side_name("disconnect"); }).empty());
}

#pragma once

#include <anywire/error.hpp>
#include <anywire/handler.hpp>
#include <anywire/hub.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace anywire {
class decision;
}
namespace anywire::socketio {

class event;
class next;
class nsp;
class socket;
struct connect_error;
struct remote_socket;
enum class disconnect_reason : std::uint8_t;
using anywire::room_change;

}  // namespace anywire::socketio

// What the compiler says where a handler does not fit; `sio` is `anywire::socketio`.
namespace anywire::handler_checks {

template <>
struct handler_shape<void(socketio::socket&)> {
    template <bool Fits>
    static constexpr void check() {
        static_assert(Fits, "write [](sio::socket& socket) { ... }");
    }
};
template <>
struct handler_shape<void(socketio::socket&, socketio::next)> {
    template <bool Fits>
    static constexpr void check() {
        static_assert(Fits, "write [](sio::socket& socket, sio::next go_on) { ... }");
    }
};
template <>
struct handler_shape<void(socketio::socket&, decision)> {
    template <bool Fits>
    static constexpr void check() {
        static_assert(Fits, "write [](sio::socket& socket, anywire::decision decide) { ... }");
    }
};
template <>
struct handler_shape<void(error_code, std::vector<std::string>)> {
    template <bool Fits>
    static constexpr void check() {
        static_assert(
            Fits, "write [](anywire::error_code error, std::vector<std::string> names) { ... }");
    }
};
template <>
struct handler_shape<void(socketio::event const&)> {
    template <bool Fits>
    static constexpr void check() {
        static_assert(Fits,
                      "write [](sio::event const& e) { ... }, and look at e.name() and e.args()");
    }
};
template <>
struct handler_shape<void(socketio::event const&, socketio::next)> {
    template <bool Fits>
    static constexpr void check() {
        static_assert(Fits, "write [](sio::event const& e, sio::next go_on) { ... }");
    }
};
template <>
struct handler_shape<void(socketio::connect_error const&)> {
    template <bool Fits>
    static constexpr void check() {
        static_assert(Fits, "write [](sio::connect_error const& why) { ... }");
    }
};
template <>
struct handler_shape<void(socketio::disconnect_reason)> {
    template <bool Fits>
    static constexpr void check() {
        static_assert(Fits, "write [](sio::disconnect_reason why) { ... }");
    }
};
template <>
struct handler_shape<void(socketio::nsp const&)> {
    template <bool Fits>
    static constexpr void check() {
        static_assert(Fits, "write [](sio::nsp const& made) { ... }");
    }
};
template <>
struct handler_shape<void(error_code, std::vector<socketio::remote_socket>)> {
    template <bool Fits>
    static constexpr void check() {
        static_assert(Fits,
                      "write [](anywire::error_code error, std::vector<sio::remote_socket> "
                      "sockets) { ... }");
    }
};
template <>
struct handler_shape<void(socketio::room_change, std::string const&, std::string const&)> {
    template <bool Fits>
    static constexpr void check() {
        static_assert(Fits,
                      "write [](sio::room_change what, std::string const& room, "
                      "std::string const& id) { ... }");
    }
};

}  // namespace anywire::handler_checks

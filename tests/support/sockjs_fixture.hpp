#pragma once

#include "support/session_fixture.hpp"

// Names for the tests of SockJS sessions on HTTP; `world` has all else.
namespace anywire::test {

constexpr tick delay = 200;       // 5 s
constexpr tick heartbeat = 1000;  // 25 s
constexpr auto poll = carrier::one_shot;
constexpr auto stream = carrier::stream;
constexpr auto no_code = close_code::normal;

/// A poll that has taken its answer, not all of which is on the wire.
inline fake_transport& slow_poll(world& w) {
    auto& transport = w.transport(poll);
    transport.answer = then::finished;
    return transport;
}

inline bool is_found(world const& w) {
    return w.endpoint.find_by_sid("abc") != nullptr;
}

}  // namespace anywire::test

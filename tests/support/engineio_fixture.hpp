#pragma once

#include "session/engineio_session.hpp"
#include "support/session_fixture.hpp"

#include <limits>
#include <string>
#include <string_view>

namespace anywire::test {

using engineio::revision;

/// A mount with Engine.IO sessions, whose transports write down packets as they stand in payloads
/// and frames.
class engineio_world : public world {
public:
    using world::world;

    engineio_timing timing{
        .ping_interval = 1000, .ping_timeout = 800, .upgrade_timeout = 400, .close_wait = 1200};

    engineio_session::setup setup_of(revision r, bool websocket) const {
        engineio_session::setup s;
        s.revision = r;
        s.websocket = websocket;
        s.sid = "abc";
        s.open = "0{}";
        return s;
    }
    engineio_session& open(engineio_session::setup s, fake_transport* first) {
        // Without the random share that keeps first pings apart.
        all_random = 0;
        auto& made = *new engineio_session(endpoint, {}, timing, std::move(s));
        return opened(made, first);
    }
    /// A session on a WebSocket; the open packet is out.
    engineio_session& on_websocket(fake_transport& socket, revision r = revision::v4) {
        auto& s = open(setup_of(r, true), &socket);
        CHECK(socket.take() == strings{"0{}"});
        return s;
    }
    /// A session whose handshake is answered, with no poll parked.
    engineio_session& on_polling(revision r = revision::v4) {
        auto& first = new_poll();
        auto& s = open(setup_of(r, false), &first);
        CHECK(first.take() == strings{"0{}"});
        return s;
    }

    /// The transport of a poll: all that waits answers it.
    fake_transport& new_poll() {
        auto& w = transport(carrier::one_shot);
        w.most = std::numeric_limits<std::size_t>::max();
        return w;
    }
    fake_transport& poll(engineio_session& s) {
        auto& w = new_poll();
        attach(s, w);
        return w;
    }
    /// False where the body was not taken.
    bool post(engineio_session& s, std::string_view body, bool binary = false) {
        auto const what = s.receive(body, binary);
        loop.flush();
        return what == engineio_session::received::taken;
    }
    void overlap(engineio_session& s) {
        s.on_overlap("overlap");
        loop.flush();
    }

    /// A candidate WebSocket for a polling session.
    fake_transport& candidate(engineio_session& s) {
        REQUIRE(s.can_upgrade());
        auto& w = transport();
        s.begin_upgrade(w);
        loop.flush();
        return w;
    }
    /// Takes a polling session to a WebSocket.
    fake_transport& upgraded(engineio_session& s) {
        auto& w = candidate(s);
        receive(s, w, "2probe");
        CHECK(w.take() == strings{"3probe"});
        receive(s, w, "5");
        CHECK_FALSE(s.is_polling());
        return w;
    }

    bool is_known(std::string_view sid = "abc") const {
        auto const* const s = static_cast<engineio_session*>(endpoint.find_by_sid(sid));
        return s && !s->is_gone();
    }
    /// Destroyed, not only closed.
    bool is_destroyed(std::string_view sid = "abc") const {
        return endpoint.find_by_sid(sid) == nullptr;
    }
};

}  // namespace anywire::test

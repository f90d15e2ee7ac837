#pragma once

#include "admission.hpp"
#include "mount_point.hpp"
#include "shard.hpp"

#include <memory>
#include <utility>

namespace anywire {

/// A session on its way to its first carrier. One that does not get there, as something threw, is
/// given up: nobody would ever end it.
class unattached_session {
public:
    unattached_session() noexcept = default;
    ~unattached_session() {
        if (session_) session_->give_up();
    }
    unattached_session(unattached_session const&) = delete;
    unattached_session& operator=(unattached_session const&) = delete;

    void hold(session_base& s) noexcept { session_ = &s; }
    session_base& attach(transport& wire) {
        auto& s = *std::exchange(session_, nullptr);
        s.attach(wire);
        return s;
    }

private:
    session_base* session_ = nullptr;
};

template <class Make>
void mount_point::open_websocket(incoming const& in,
                                 std::string_view name,
                                 refusals const& words,
                                 Make make) {
    auto agreed = check_websocket(in, words);
    if (!agreed || !check_origin(in, false) || !check_room(in)) return;
    auto* const connection = &in.connection;
    auto open = [this, connection, name, &here = in.here, make, agreed = std::move(*agreed)](
                    exchange& to, session_base::origin from) {
        if (!check_room(here, to, from.request.remote_address())) return;
        auto& sessions = local(here);
        from.subprotocol = choose_subprotocol(here, from.request);
        auto head = switching(here, agreed, from.request, from.subprotocol, true);
        auto const held = std::make_shared<unattached_session>();
        session_base* const s = make(sessions, std::move(from));
        held->hold(*s);
        sessions.add(s);
        auto take = [held](transport& wire) -> transport_events* { return &held->attach(wire); };
        connection->depart({.take = std::move(take),
                            .settings = &wire_settings_,
                            .name = name,
                            .head = std::move(head),
                            .deflate = agreed.deflate});
    };
    admit(in, app_, {}, to_ticks(limits().authorize_timeout), std::move(open), [] {});
}

}  // namespace anywire

#pragma once

#include "admission.hpp"
#include "mount_point.hpp"
#include "shard.hpp"

#include <utility>

namespace anywire {

template <class Make>
void mount_point::open_websocket(incoming const& in,
                                 std::string_view name,
                                 refusals const& words,
                                 Make make) {
    auto agreed = check_websocket(in, words);
    if (!agreed || !check_origin(in, false) || !check_room(in.here, in.to)) return;
    auto* const connection = &in.connection;
    auto open = [this, connection, name, &here = in.here, make, agreed = std::move(*agreed)](
                    exchange& to, session_base::origin from) {
        if (!check_room(here, to)) return;
        auto& sessions = local(here);
        from.subprotocol = choose_subprotocol(here, from.request);
        auto head = switching(here, agreed, from.request, from.subprotocol, true);
        session_base* const s = make(sessions, std::move(from));
        sessions.add(s);
        auto take = [s](transport& wire) -> transport_events* {
            s->attach(wire);
            return s;
        };
        connection->depart({.take = std::move(take),
                            .settings = &wire_settings_,
                            .name = name,
                            .head = std::move(head),
                            .deflate = agreed.deflate});
    };
    admit(in, app_, {}, to_ticks(limits().authorize_timeout), std::move(open), [] {});
}

}  // namespace anywire

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
    session_base& attach(transport& to) {
        auto& s = *std::exchange(session_, nullptr);
        s.attach(to);
        return s;
    }

private:
    session_base* session_ = nullptr;
};

template <class Make>
void mount_point::become(exchange& to, websocket_upgrade upgrade, Make make) {
    // Before the session is there: nothing that throws may leave it without an owner.
    auto const held = std::make_shared<unattached_session>();
    upgrade.take = [held](transport& over) -> transport_events* { return &held->attach(over); };
    make(*held);
    to.upgrade(std::move(upgrade));
}

template <class Make>
void mount_point::open_websocket(incoming const& in,
                                 std::string_view name,
                                 refusals const& words,
                                 Make make) {
    auto terms = check_websocket(in, words);
    if (!terms || !check_origin(in, false) || !check_room(in)) return;
    auto open = [this, name, &here = in.here, make, terms = std::move(terms)](
                    exchange& to, session_base::origin from) {
        if (!check_room(here, to, from.request.remote_address())) return;
        auto& sessions = local(here);
        auto upgrade = make_upgrade(here, terms, from.request, {}, true);
        upgrade.name = name;
        from.subprotocol = upgrade.subprotocol;
        become(to, std::move(upgrade), [&](unattached_session& held) {
            session_base* const s = make(sessions, std::move(from));
            held.hold(*s);
            sessions.add(s);
        });
    };
    admit(in, local(in.here), {}, to_ticks(limits().authorize_timeout), std::move(open), [] {});
}

}  // namespace anywire

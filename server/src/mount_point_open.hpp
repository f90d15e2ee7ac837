#pragma once

#include "admission.hpp"
#include "mount_point.hpp"
#include "shard.hpp"

#include <array>
#include <atomic>
#include <memory>
#include <utility>

namespace anywire {

/// A session on its way to its first carrier, which a host may bring in an event of its own: it may
/// have ended by then, and so may its shard. One that does not get there, as something threw, is
/// given up: nobody would ever end it.
class unattached_session {
public:
    unattached_session() noexcept = default;
    ~unattached_session() {
        if (auto* const s = take()) s->give_up();
    }
    unattached_session(unattached_session const&) = delete;
    unattached_session& operator=(unattached_session const&) = delete;

    /// Requires: `s` is among those.
    void hold(shard const& here, endpoint_core& among, session_base const& s) noexcept {
        ended_ = here.ended();
        among_ = among.shared_from_this();
        (void)s.id().copy(id_.data(), id_.size());
    }
    /// Null when it has ended.
    transport_events* attach(transport& to) {
        auto* const s = take();
        if (s) s->attach(to);
        return s;
    }

private:
    session_base* take() noexcept {
        auto const among = std::exchange(among_, nullptr);
        return among && !*ended_ ? among->find({id_.data(), id_.size()}) : nullptr;
    }

    std::shared_ptr<std::atomic<bool> const> ended_{};
    std::shared_ptr<endpoint_core> among_{};
    std::array<char, 22> id_{};
};

template <class Make>
void mount_point::become(exchange& to, websocket_upgrade upgrade, Make make) {
    // Before the session is there: nothing that throws may leave it without an owner.
    auto const held = std::make_shared<unattached_session>();
    upgrade.take = [held](transport& over) -> transport_events* { return held->attach(over); };
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
            sessions.add(s);
            held.hold(here, sessions, *s);
        });
    };
    admit(in, local(in.here), {}, to_ticks(limits().authorize_timeout), std::move(open), [] {});
}

}  // namespace anywire

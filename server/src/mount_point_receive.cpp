#include "mount_point_open.hpp"

/// Requests over HTTP that wait for what their session has to say.
namespace anywire {

receiver_dress& receiver::dress() const noexcept {
    if (poll) return *poll;
    return *stream;
}

void mount_point::serve_receiver(incoming const& in, std::string_view sid, receiver by) {
    auto& owner = core_.owner(sid);
    if (&owner != &in.here) return in.move_to(owner);
    receive_here(in, sid, std::move(by), nullptr);
}

/// `held`: no other node has the session.
void mount_point::receive_here(incoming const& in,
                               std::string_view sid,
                               receiver by,
                               other_nodes::claim held) {
    auto const find = [&] { return static_cast<http_session*>(local(in.here).find_by_sid(sid)); };
    auto* found = find();
    if (found && found->end_if_peer_gone()) {
        // A client that broke off and came back may be served before its end was: on another shard,
        // or by a connection that was ready first. The flush buries the old session.
        in.here.loop().flush();
        found = find();
    }
    if (!found) {
        if (core_.nodes && !held) return receive_elsewhere(in, sid, std::move(by));
        return open_receiving(in, sid, std::move(by), std::move(held));
    }
    if (found->is_attached()) return by.dress().answer_busy(in.to);
    if (!check_parking(in)) return;
    if (has_hooks(false)) {
        std::string fields;
        append_hooked(fields, in);
        by.dress().add_fields(fields);
    }
    attach(in.to, *found, std::move(by));
}

void mount_point::receive_elsewhere(incoming const& in, std::string_view sid, receiver by) {
    if (in.here.opening().contains(opening_key(sid))) return by.dress().answer_busy(in.to);
    auto const kept = std::make_shared<receiver>(std::move(by));
    carry(in,
          {.mount = prefix(), .sid = sid, .opens = kept->opens},
          [this, kept, id = std::string(sid)](incoming const& again, other_nodes::claim held) {
              if (!held) return again.not_found();
              receive_here(again, id, std::move(*kept), std::move(held));
          });
}

void mount_point::carry(incoming const& in,
                        other_nodes::wanted const& what,
                        other_nodes::unless_fn unless) {
    if (!check_parking(in)) return;
    core_.nodes->carry(in,
                       what,
                       [self = shared_from_this(), unless = std::move(unless)](
                           incoming const& again, other_nodes::claim held) {
                           if (!self->part(again.here)) return again.not_found();
                           unless(again, std::move(held));
                       });
}

void mount_point::open_receiving(incoming const& in,
                                 std::string_view sid,
                                 receiver by,
                                 other_nodes::claim held) {
    if (!by.opens) return in.not_found();
    auto const key = opening_key(sid);
    if (in.here.opening().contains(key)) return by.dress().answer_busy(in.to);
    if (!check_room(in)) return;
    in.here.opening().insert(key);
    auto& here = in.here;
    auto gone = [&here, key] {
        here.opening().erase(key);
        shrink_sparse(here.opening());
    };
    auto open = [this,
                 &here,
                 gone,
                 id = std::string(sid),
                 by = std::make_shared<receiver>(std::move(by)),
                 held = std::move(held)](exchange& to, session_base::origin from) {
        gone();
        if (!check_room(here, to, from.request.remote_address())) return;
        std::string fields;
        append_first(fields, here, from);
        if (!fields.empty()) by->dress().add_fields(fields);
        auto& sessions = local(here);
        auto* const s = new http_session(sessions, std::move(from), id, by->speaks, by->timing);
        sessions.add(s);
        s->keep(held);
        attach(to, *s, std::move(*by));
    };
    admit(in, local(in.here), to_ticks(limits().authorize_timeout), std::move(open), gone);
}

void mount_point::attach(exchange& to, http_session& session, receiver by) const {
    to.limit_stall(write_stall());
    if (by.poll) return session.attach(*new one_shot_carrier(to, std::move(by.poll), session));
    auto* const carrier = new stream_carrier(to, std::move(by.stream), session, by.limit);
    if (!session.has_queued()) carrier->start();
    session.attach(*carrier);
}

}  // namespace anywire

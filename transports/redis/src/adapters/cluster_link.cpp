// What an adapter does when its server calls it.
#include "adapters/cluster_link.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace anywire::redis {

using kind = message_kind;

cluster_link::cluster_link(std::shared_ptr<port> at,
                           local_sockets& here,
                           adapter_options const& with,
                           std::string uid)
    : here_(here),
      port_(std::move(at)),
      handle_(here.handle()),
      options_(with),
      limits_{.max_bytes = with.max_message_bytes},
      uid_(std::move(uid)),
      nsp_(here.nsp_name()),
      requests_(port_, with.max_pending_requests) {}

void cluster_link::close() {
    is_closed_ = true;
    requests_.close(anywire::errc::session_closed);
}

cluster_message cluster_link::make(message_kind k) const {
    cluster_message m;
    m.kind = k;
    m.uid = uid_;
    m.nsp = nsp_;
    return m;
}

void cluster_link::count_sent() const noexcept {
    if (options_.counters) ++options_.counters->sent;
}

void cluster_link::note_timeout() const noexcept {
    if (options_.counters) ++options_.counters->timed_out;
}

void cluster_link::tell_and_do(cluster_message const& m, std::function<void(local_sockets&)> fn) {
    tell(m);
    fn(here_);
}

// -- telling --------------------------------------------------------------------------------------

void cluster_link::broadcast(encoded event, audience to, emit_flags flags) {
    if (flags.is_local) return here_.broadcast(std::move(event), std::move(to), std::move(flags));
    auto m = make(kind::broadcast);
    m.packet = std::move(event);
    m.to = std::move(to);
    m.flags = std::move(flags);
    tell(m);
    here_.broadcast(std::move(m.packet), std::move(m.to), std::move(m.flags));
}

void cluster_link::sockets_join(audience of, emit_flags flags, std::vector<std::string> rooms) {
    if (flags.is_local) return here_.sockets_join(std::move(of), std::move(rooms));
    auto m = make(kind::sockets_join);
    m.to = of;
    m.rooms = rooms;
    tell_and_do(m, [this, of = std::move(of), rooms = std::move(rooms)](local_sockets& here) {
        join_here(here, of, rooms);
    });
}

void cluster_link::join_here(local_sockets& here,
                             audience const& of,
                             std::vector<std::string> const& rooms) {
    if (!watches_rooms()) return here.sockets_join(of, rooms);
    ++joining_;
    here.sockets_join(of, rooms);
    // Shards do this after that.
    here.count_of({{std::string{}}, {}}, [weak = weak_from_this()](error_code, std::size_t) {
        if (auto const link = weak.lock()) --link->joining_;
    });
}

void cluster_link::sockets_leave(audience of, emit_flags flags, std::vector<std::string> rooms) {
    if (flags.is_local) return here_.sockets_leave(std::move(of), std::move(rooms));
    auto m = make(kind::sockets_leave);
    m.to = of;
    m.rooms = rooms;
    tell_and_do(m, [of = std::move(of), rooms = std::move(rooms)](local_sockets& here) {
        here.sockets_leave(of, rooms);
    });
}

void cluster_link::disconnect_sockets(audience of, emit_flags flags, bool close) {
    if (flags.is_local) return here_.disconnect_sockets(std::move(of), close);
    auto m = make(kind::disconnect_sockets);
    m.to = of;
    m.close = close;
    tell_and_do(m, [of = std::move(of), close](local_sockets& here) {
        here.disconnect_sockets(of, close);
    });
}

// -- asking ---------------------------------------------------------------------------------------

void cluster_link::ask(question q,
                       std::function<void(pending const&)> local,
                       pending_request::done_fn done) {
    auto m = make(q.kind);
    m.request_id = new_id();
    auto const one = std::make_shared<pending_request>(
        options_.max_answer_bytes,
        [weak = weak_from_this(), id = m.request_id, tell = here_.teller(), done = std::move(done)](
            gathered all) {
            if (auto const link = weak.lock()) link->requests_.remove(id);
            tell([done, kept = std::make_shared<gathered>(std::move(all))] {
                done(std::move(*kept));
            });
        });
    auto const longest = q.timeout.value_or(options_.requests_timeout);
    auto const silent = q.silent;
    error_code alone;
    if (!port_->is_ready()) alone = errc::connection_lost;
    if (!alone && !requests_.add(m.request_id, one, longest, [weak = weak_from_this()] {
            if (auto const link = weak.lock()) link->note_timeout();
        }))
        alone = is_closed_ ? make_error_code(anywire::errc::session_closed)
                           : make_error_code(errc::queue_full);
    // What this server alone knows is no answer of all, but better than none.
    if (alone) {
        one->note(alone);
        one->expect_servers(1 - silent);
        return local(one);
    }
    expect_answers(one, silent, q.needs_all);
    m.packet = std::move(q.packet);
    m.to = std::move(q.to);
    m.flags = std::move(q.flags);
    tell(m);
    local(one);
}

void cluster_link::expect_answers(pending const& one, std::size_t silent, bool needs_all) {
    if (auto const all = channel_of_all(); port_->sees_servers() && !all.empty()) {
        one->use_names(needs_all);
        return expect_servers_below(*port_, all, uid_, one, 1 - silent);
    }
    count_servers([one, silent](error_code e, std::uint64_t n) {
        if (e) return one->finish(e);
        // Whoever asks is there, even if Redis does not know it yet.
        one->expect_servers(std::max<std::size_t>(static_cast<std::size_t>(n), 1) - silent);
    });
}

void cluster_link::fetch_sockets(audience of, emit_flags const& flags, sockets_fn then) {
    if (flags.is_local) return here_.fetch_sockets(std::move(of), std::move(then));
    ask(
        {.kind = kind::fetch_sockets, .to = of, .timeout = flags.timeout},
        [this, of](pending const& one) {
            here_.fetch_sockets(of, [one](error_code e, std::vector<socketio::remote_socket> all) {
                if (e) one->note(e);
                one->take_server({}, 0, [&](gathered& to) {
                    to.sockets.insert(to.sockets.end(),
                                      std::make_move_iterator(all.begin()),
                                      std::make_move_iterator(all.end()));
                });
            });
        },
        [then = std::move(then)](gathered all) { then(all.error, std::move(all.sockets)); });
}

namespace {

/// What the sockets here answer, for a question of this server.
class own_answers final : public socketio::answer_sink {
public:
    explicit own_answers(std::shared_ptr<pending_request> to) noexcept : to_(std::move(to)) {}
    void on_asked(std::size_t sockets) override { to_->take_clients({}, sockets); }
    void on_answer(socketio::encoded answer) override { to_->take_answer({}, std::move(answer)); }
    void on_lost(error_code why) override { to_->lose_answer(why); }

private:
    std::shared_ptr<pending_request> to_;
};

void tell_answers(socketio::ack_handler const& then, gathered const& all) {
    std::vector<socketio::arguments> list;
    list.reserve(all.values.size());
    for (auto const& v : all.values) list.emplace_back(v.json, v.attachments);
    (void)then(all.error, list);
}

}  // namespace

void cluster_link::broadcast_with_ack(encoded event,
                                      audience to,
                                      emit_flags flags,
                                      socketio::ack_handler then) {
    if (flags.is_local)
        return here_.broadcast_with_ack(
            std::move(event), std::move(to), std::move(flags), std::move(then));
    ask(
        {.kind = kind::broadcast,
         .to = to,
         .flags = flags,
         .packet = event,
         .timeout = flags.timeout,
         .needs_all = true},
        [&](pending const& one) {
            here_.broadcast_asking(event, to, flags, std::make_shared<own_answers>(one));
        },
        [then = std::move(then)](gathered all) { tell_answers(then, all); });
}

void cluster_link::server_side_emit(encoded event, socketio::ack_handler then) {
    if (!then) {
        auto m = make(kind::server_side_emit);
        m.packet = std::move(event);
        return tell(m);
    }
    ask(
        {.kind = kind::server_side_emit,
         .packet = std::move(event),
         .silent = 1,
         .needs_all = true},
        [](pending const&) {},
        [then = std::move(then)](gathered all) { tell_answers(then, all); });
}

void cluster_link::server_count(std::function<void(std::size_t)> then) {
    count_servers([tell = here_.teller(), then = std::move(then)](error_code e, std::uint64_t n) {
        auto const count = e ? 1 : std::max<std::size_t>(static_cast<std::size_t>(n), 1);
        tell([then, count] { then(count); });
    });
}

void cluster_link::members_of(audience of, names_fn then) {
    fetch_sockets(
        std::move(of),
        {},
        [then = std::move(then)](error_code e, std::vector<socketio::remote_socket> const& all) {
            std::vector<std::string> ids;
            ids.reserve(all.size());
            for (auto const& s : all) ids.push_back(s.id);
            then(e, std::move(ids));
        });
}

namespace {

void tell_rooms(cluster_link::names_fn const& then,
                error_code e,
                std::vector<socketio::remote_socket> const& all) {
    std::vector<std::string> names;
    for (auto const& s : all) names.insert(names.end(), s.rooms.begin(), s.rooms.end());
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    then(e, std::move(names));
}

}  // namespace

void cluster_link::all_rooms(names_fn then) {
    fetch_sockets({}, {}, [then = std::move(then)](error_code e, auto const& all) {
        tell_rooms(then, e, all);
    });
}

void cluster_link::rooms_of(std::string_view member, names_fn then) {
    fetch_sockets(
        {{std::string(member)}, {}}, {}, [then = std::move(then)](error_code e, auto const& all) {
            tell_rooms(then, e, all);
        });
}

// -- sessions of who was cut off ------------------------------------------------------------------

void cluster_link::persist_session(socketio::stored_session s) {
    here_.persist_session(std::move(s));
}

void cluster_link::restore_session(std::string_view pid,
                                   std::optional<std::string> offset,
                                   restored_fn then) {
    here_.restore_session(pid, std::move(offset), std::move(then));
}

}  // namespace anywire::redis

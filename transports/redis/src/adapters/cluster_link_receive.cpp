// What a server does when other servers tell or ask it something.
#include "adapters/cluster_link.hpp"
#include "adapters/message_parts.hpp"
#include "core/log_text.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace anywire::redis {

using kind = message_kind;
using std::string_view;

void cluster_link::refuse(string_view what, string_view channel) {
    if (options_.counters) ++options_.counters->refused;
    auto const left_out = throttle_.admit(port_->now());
    if (!left_out) return;
    std::string line(port_->name());
    line.append(": ")
        .append(what)
        .append(" was left alone (channel '")
        .append(shown(channel))
        .append("')");
    line.append(more_like_it(*left_out));
    port_->log(log_level::info, line);
}

void cluster_link::take(cluster_message m) {
    if (m.uid == uid_) return;
    if (options_.counters) ++options_.counters->received;
    switch (m.kind) {
        case kind::fetched_sockets:
        case kind::fetched_rooms:
        case kind::server_side_answer:
        case kind::client_count:
        case kind::client_answer: return take_answer(m);
        case kind::initial_heartbeat:
        case kind::heartbeat:
        case kind::adapter_close:
        case kind::done: return;
        default: return take_request(m);
    }
}

// -- told -----------------------------------------------------------------------------------------

void cluster_link::take_request(cluster_message& m) {
    switch (m.kind) {
        case kind::broadcast:
            if (!m.request_id.empty()) return take_asking(m);
            (void)with_here([&](local_sockets& here) {
                here.broadcast(std::move(m.packet), std::move(m.to), std::move(m.flags));
            });
            return;
        case kind::sockets_join:
            (void)with_here([&](local_sockets& here) { join_here(here, m.to, m.rooms); });
            return;
        case kind::sockets_leave:
            (void)with_here([&](local_sockets& here) {
                here.sockets_leave(std::move(m.to), std::move(m.rooms));
            });
            return;
        case kind::disconnect_sockets:
            (void)with_here(
                [&](local_sockets& here) { here.disconnect_sockets(std::move(m.to), m.close); });
            return;
        case kind::fetch_sockets: return take_fetch(m);
        case kind::server_side_emit: return take_server_event(m);
        case kind::fetch_ids:
        case kind::fetch_rooms: return take_names(m);
        default: return take_one_socket(m);
    }
}

/// As servers of old ask: one socket by its id, and an answer of whoever has it.
void cluster_link::take_one_socket(cluster_message& m) {
    (void)with_here([&](local_sockets& here) {
        if (!here.has_room(m.sid)) return;
        audience const one{{m.sid}, {}};
        if (m.kind == kind::join_one) join_here(here, one, m.rooms);
        if (m.kind == kind::leave_one) here.sockets_leave(one, m.rooms);
        if (m.kind == kind::disconnect_one) here.disconnect_sockets(one, m.close);
        if (m.request_id.empty()) return;
        auto back = make(kind::done);
        back.request_id = m.request_id;
        answer(m, back);
    });
}

namespace {

/// One answer to what another server has emitted, sent where it was asked for.
class answer_channel final : public socketio::ack_channel {
public:
    explicit answer_channel(std::function<void(socketio::encoded)> send) : send_(std::move(send)) {}
    void answer(std::string json, std::vector<std::string> attachments) override {
        if (has_answered_.exchange(true)) return;
        send_({"[" + json + "]", std::move(attachments)});
    }

private:
    std::function<void(socketio::encoded)> send_;
    std::atomic<bool> has_answered_{false};
};

}  // namespace

/// The application hears it on a shard, as everything else.
void cluster_link::take_server_event(cluster_message& m) {
    std::shared_ptr<socketio::ack_channel> to;
    if (!m.request_id.empty()) {
        cluster_message head;
        head.uid = m.uid;
        head.request_id = m.request_id;
        to = std::make_shared<answer_channel>([weak = weak_from_this(), head](encoded value) {
            auto const link = weak.lock();
            if (!link) return;
            auto back = link->make(kind::server_side_answer);
            back.request_id = head.request_id;
            back.packet = std::move(value);
            link->answer(head, back);
        });
    }
    (void)with_here([&](local_sockets& here) {
        here.teller()([self = shared_from_this(), to, packet = std::move(m.packet)] {
            socketio::arguments const all(packet.json, packet.attachments);
            auto const name = all[0].as_string().value_or(std::string(all[0].text()));
            auto const args = all.from(1);
            (void)self->with_here([&](local_sockets& there) {
                there.hear_server({name, args, to});
            });
        });
    });
}

// -- asked ----------------------------------------------------------------------------------------

namespace {

/// Tells the server that asks how many clients were asked here, and what each answers.
class answers_elsewhere final : public socketio::answer_sink {
public:
    using send_fn = std::function<void(message_kind, std::size_t, socketio::encoded)>;
    explicit answers_elsewhere(send_fn send) : send_(std::move(send)) {}
    void on_asked(std::size_t sockets) override { send_(kind::client_count, sockets, {}); }
    void on_answer(socketio::encoded answer) override {
        send_(kind::client_answer, 0, std::move(answer));
    }
    /// The formats know no way to say so: the server that asks waits until its time is over.
    void on_lost(error_code) override {}

private:
    send_fn send_;
};

}  // namespace

void cluster_link::take_asking(cluster_message& m) {
    cluster_message head;
    head.uid = m.uid;
    head.request_id = m.request_id;
    auto const to = std::make_shared<answers_elsewhere>(
        [weak = weak_from_this(), head](kind what, std::size_t clients, encoded value) {
            auto const link = weak.lock();
            if (!link) return;
            auto back = link->make(what);
            back.request_id = head.request_id;
            back.clients = clients;
            back.packet = std::move(value);
            link->answer(head, back);
        });
    (void)with_here([&](local_sockets& here) {
        here.broadcast_asking(std::move(m.packet), std::move(m.to), std::move(m.flags), to);
    });
}

void cluster_link::take_fetch(cluster_message& m) {
    cluster_message head;
    head.uid = m.uid;
    head.request_id = m.request_id;
    auto const send = [weak = weak_from_this(), head](error_code,
                                                      std::vector<socketio::remote_socket> all) {
        auto const link = weak.lock();
        if (!link) return;
        auto back = link->make(kind::fetched_sockets);
        back.request_id = head.request_id;
        back.sockets = std::move(all);
        link->answer(head, back);
    };
    (void)with_here([&](local_sockets& here) { here.fetch_sockets(std::move(m.to), send); });
}

void cluster_link::take_names(cluster_message& m) {
    cluster_message head;
    head.uid = m.uid;
    head.request_id = m.request_id;
    auto const send = [weak = weak_from_this(), head, is_ids = m.kind == kind::fetch_ids](
                          error_code, std::vector<std::string> names) {
        auto const link = weak.lock();
        if (!link) return;
        auto back = link->make(is_ids ? kind::fetch_ids : kind::fetched_rooms);
        back.request_id = head.request_id;
        if (is_ids)
            for (auto& id : names) back.sockets.emplace_back().id = std::move(id);
        else
            back.rooms = std::move(names);
        link->answer(head, back);
    };
    (void)with_here([&](local_sockets& here) {
        if (m.kind == kind::fetch_ids)
            here.members_of(std::move(m.to), send);
        else
            here.all_rooms(send);
    });
}

// -- answered -------------------------------------------------------------------------------------

void cluster_link::take_answer(cluster_message& m) {
    auto const one = requests_.find(m.request_id);
    if (!one) return;
    switch (m.kind) {
        case kind::client_count:
            return one->take_clients(m.uid, static_cast<std::size_t>(m.clients));
        case kind::client_answer: return one->take_answer(m.uid, std::move(m.packet));
        case kind::server_side_answer: {
            auto bytes = m.packet.json.size();
            for (auto const& a : m.packet.attachments) bytes += a.size();
            return one->take_server(
                m.uid, bytes, [&](gathered& to) { to.values.push_back(std::move(m.packet)); });
        }
        default: break;
    }
    std::size_t bytes = 0;
    for (auto const& name : m.rooms) bytes += name.size() + sizeof(std::string);
    // What a server says of a socket is about so much, as objects of this program.
    constexpr std::size_t per_socket = 1'024;
    bytes += m.sockets.size() * per_socket;
    one->take_server(m.uid, bytes, [&](gathered& to) {
        std::move(m.rooms.begin(), m.rooms.end(), std::back_inserter(to.names));
        std::move(m.sockets.begin(), m.sockets.end(), std::back_inserter(to.sockets));
    });
}

}  // namespace anywire::redis

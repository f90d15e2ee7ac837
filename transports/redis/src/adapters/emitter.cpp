#include <anywire/redis/emitter.hpp>

#include "adapters/pubsub_codec.hpp"
#include "port.hpp"
#include "socketio/packet.hpp"
#include "socketio/server/reserved_names.hpp"

#include <stdexcept>
#include <utility>

namespace anywire::redis {
namespace {

using kind = message_kind;

void check_sound(socketio::encoded const& event) {
    auto const n = event.attachments.size();
    if (n != 0 && !socketio::wire::has_sound_placeholders(event.json, n))
        throw std::invalid_argument("emit: a value that only looks like bytes beside real ones");
}

void request(port& at, std::string const& key, cluster_message const& m) {
    pubsub::channels const names(key, m.nsp);
    at.publish(channel_kind::plain, names.request, pubsub::encode_request(m));
}

cluster_message request_to(kind what, std::string const& nsp, audience const& to) {
    cluster_message m;
    m.kind = what;
    m.nsp = nsp;
    m.to = to;
    return m;
}

}  // namespace

emitter::emitter(std::shared_ptr<port> at, emitter_options with)
    : port_(std::move(at)), key_(std::move(with.key)) {}

emitter emitter::of(std::string_view nsp) const {
    auto next = *this;
    next.nsp_ = nsp.starts_with('/') ? std::string(nsp) : "/" + std::string(nsp);
    return next;
}

emitter emitter::to(socketio::room_names const& rooms) const {
    auto next = *this;
    next.filter_.rooms.insert(next.filter_.rooms.end(), rooms.all().begin(), rooms.all().end());
    return next;
}

emitter emitter::except(socketio::room_names const& rooms) const {
    auto next = *this;
    next.filter_.except.insert(next.filter_.except.end(), rooms.all().begin(), rooms.all().end());
    return next;
}

emitter emitter::volatile_() const {
    auto next = *this;
    next.flags_.is_volatile = true;
    return next;
}

emitter emitter::compress(bool on) const {
    auto next = *this;
    next.flags_.is_compressed = on;
    return next;
}

void emitter::send(std::string_view name, socketio::encoded event) const {
    socketio::check_emitted_name(name);
    check_sound(event);
    cluster_message const m{.kind = kind::broadcast,
                            .uid = "emitter",
                            .nsp = nsp_,
                            .packet = std::move(event),
                            .to = filter_,
                            .flags = flags_};
    pubsub::channels const names(key_, nsp_);
    port_->publish(
        channel_kind::plain, names.of_broadcast(m.to), pubsub::encode_broadcast(m, true));
}

// Named, and filled: GCC 12 takes strings of a temporary of braces for uninitialized.

void emitter::sockets_join(socketio::room_names const& rooms) const {
    auto m = request_to(kind::sockets_join, nsp_, filter_);
    m.rooms = rooms.all();
    request(*port_, key_, m);
}

void emitter::sockets_leave(socketio::room_names const& rooms) const {
    auto m = request_to(kind::sockets_leave, nsp_, filter_);
    m.rooms = rooms.all();
    request(*port_, key_, m);
}

void emitter::disconnect_sockets(bool close) const {
    auto m = request_to(kind::disconnect_sockets, nsp_, filter_);
    m.close = close;
    request(*port_, key_, m);
}

void emitter::tell_servers(std::string_view name, socketio::encoded event) const {
    socketio::check_server_side_name(name);
    auto m = request_to(kind::server_side_emit, nsp_, {});
    m.uid = "emitter";
    m.packet = std::move(event);
    request(*port_, key_, m);
}

}  // namespace anywire::redis

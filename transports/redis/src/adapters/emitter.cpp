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

void emitter::sockets_join(socketio::room_names const& rooms) const {
    request(*port_,
            key_,
            {.kind = kind::sockets_join, .nsp = nsp_, .to = filter_, .rooms = rooms.all()});
}

void emitter::sockets_leave(socketio::room_names const& rooms) const {
    request(*port_,
            key_,
            {.kind = kind::sockets_leave, .nsp = nsp_, .to = filter_, .rooms = rooms.all()});
}

void emitter::disconnect_sockets(bool close) const {
    request(*port_,
            key_,
            {.kind = kind::disconnect_sockets, .nsp = nsp_, .to = filter_, .close = close});
}

void emitter::tell_servers(std::string_view name, socketio::encoded event) const {
    socketio::check_server_side_name(name);
    request(*port_,
            key_,
            {.kind = kind::server_side_emit,
             .uid = "emitter",
             .nsp = nsp_,
             .packet = std::move(event)});
}

}  // namespace anywire::redis

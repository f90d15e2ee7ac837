// What the application calls on namespaces and broadcasts.
#include <anywire/socketio.hpp>

#include "client.hpp"
#include "io_core.hpp"
#include "nsp_core.hpp"
#include "socket_core.hpp"

#include <stdexcept>
#include <utility>

namespace anywire::socketio {

// ---- broadcast
// -----------------------------------------------------------------------------------

broadcast broadcast::to(room_names const& rooms) const {
    auto next = *this;
    next.filter_.rooms.insert(next.filter_.rooms.end(), rooms.all().begin(), rooms.all().end());
    return next;
}
broadcast broadcast::except(room_names const& rooms) const {
    auto next = *this;
    next.filter_.except.insert(next.filter_.except.end(), rooms.all().begin(), rooms.all().end());
    return next;
}
broadcast broadcast::volatile_() const {
    auto next = *this;
    next.flags_.is_volatile = true;
    return next;
}
broadcast broadcast::compress(bool on) const {
    auto next = *this;
    next.flags_.is_compressed = on;
    return next;
}
broadcast broadcast::local() const {
    auto next = *this;
    next.flags_.is_local = true;
    return next;
}
broadcast broadcast::timeout(std::chrono::milliseconds longest) const {
    auto next = *this;
    next.flags_.timeout = longest;
    return next;
}

void broadcast::send(std::string_view name, detail::encoded e, detail::ack_handler a) const {
    socket_core::check_event_name(name);
    if (!is_sound(e)) return where_->log_unsound(name);
    if (a && where_->is_parent())
        throw std::logic_error("emit: ask each namespace for answers, not what makes them");
    auto& wires = where_->wires();
    if (a)
        wires.broadcast_with_ack(std::move(e), filter_, flags_, std::move(a));
    else
        wires.broadcast(std::move(e), filter_, flags_);
}

void broadcast::fetch_sockets(
    std::function<void(error_code, std::vector<remote_socket>)> then) const {
    if (where_->is_parent())
        throw std::logic_error("fetch_sockets: ask each namespace, not what makes them");
    where_->wires().fetch_sockets(filter_, flags_, std::move(then));
}
void broadcast::sockets_join(room_names const& rooms) const {
    for (auto const& room : rooms.all()) where_->wires().sockets_join(filter_, flags_, room);
}
void broadcast::sockets_leave(room_names const& rooms) const {
    for (auto const& room : rooms.all()) where_->wires().sockets_leave(filter_, flags_, room);
}
void broadcast::disconnect_sockets(bool close) const {
    where_->wires().disconnect_sockets(filter_, flags_, close);
}

// ---- nsp
// -----------------------------------------------------------------------------------------

std::string const& nsp::name() const noexcept {
    return core_->name();
}
void nsp::on_connection(std::function<void(socket&)> f) const {
    core_->change_config([&](nsp_config& c) { c.connection.push_back(std::move(f)); });
}
void nsp::use(std::function<void(socket&, next)> f) const {
    core_->change_config([&](nsp_config& c) { c.middlewares.push_back(std::move(f)); });
}
void nsp::add(std::string event_name, detail::event_handler f) const {
    core_->change_config([&](nsp_config& c) {
        c.listeners.push_back({std::move(event_name), std::move(f)});
    });
}
void nsp::on_room(
    std::function<void(room_change, std::string const&, std::string const&)> f) const {
    core_->change_config([&](nsp_config& c) { c.rooms.push_back(std::move(f)); });
}
void nsp::on_new_namespace(std::function<void(nsp const&)> f) const {
    core_->change_config([&](nsp_config& c) { c.new_namespace.push_back(std::move(f)); });
}
void nsp::on_server_side(std::function<void(event const&)> f) const {
    core_->change_config([&](nsp_config& c) { c.server_side.push_back(std::move(f)); });
}
void nsp::send_to_servers(std::string_view name, detail::encoded e, detail::ack_handler a) const {
    for (auto const* reserved : {"connect", "connection", "new_namespace"})
        if (name == reserved)
            throw std::invalid_argument("the event name '" + std::string(name) + "' is reserved");
    core_->server_side_emit(std::move(e), std::move(a));
}
std::size_t nsp::socket_count() const noexcept {
    return core_->sockets();
}

void nsp::post(std::string_view socket_id, std::function<void(socket&)> f) const {
    if (core_->is_parent()) throw std::logic_error("post: a socket is in one namespace");
    auto& io = core_->io();
    for (std::size_t i = 0; i < io.shard_count(); ++i)
        (void)io.post(i, [core = core_, i, id = std::string(socket_id), f] {
            auto& at = core->io().shard(i);
            io_shard::entry const here(at);
            auto* const s = core->part(i).find(id);
            if (!s || s->current() != socket_core::state::connected) return;
            if (!core->io().call([&] { f(*s); }))
                s->owner().break_off(close_reason::handler_failed, "handler failed");
        });
}

// ---- server
// --------------------------------------------------------------------------------------

server::server(options o) : server(io_core::make(std::move(o))) {}
server::server(std::shared_ptr<io_core> io) : nsp(io->main()), io_(std::move(io)) {}

nsp server::of(std::string_view name) const {
    return nsp(io_->of(name));
}
nsp server::of(std::function<bool(std::string_view, json_view)> wanted) const {
    return nsp(io_->of(std::move(wanted)));
}
void server::close() const {
    io_->close();
}
std::size_t server::connection_count() const noexcept {
    return io_->connections();
}

}  // namespace anywire::socketio

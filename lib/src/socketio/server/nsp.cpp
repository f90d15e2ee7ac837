// What the application calls on namespaces and broadcasts.
#include <anywire/socketio/server.hpp>

#include "client.hpp"
#include "io_core.hpp"
#include "nsp_core.hpp"
#include "posting.hpp"
#include "reserved_names.hpp"
#include "socket_core.hpp"

#include <stdexcept>
#include <utility>

namespace anywire::socketio {

void detail::throw_empty(char const* given_to) {
    throw std::invalid_argument(std::string(given_to) + ": the function given to it is empty");
}

// -- broadcast ------------------------------------------------------------------------------------

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
broadcast broadcast::latest(std::string_view key) const {
    auto next = *this;
    next.flags_.key = key;
    return next;
}
broadcast broadcast::timeout(std::chrono::milliseconds longest) const {
    auto next = *this;
    next.flags_.timeout = longest;
    return next;
}

void broadcast::send(std::string_view name, detail::encoded e, detail::ack_handler a) const {
    check_emitted_name(name);
    check_latest(flags_, a != nullptr);
    if (!is_sound(e)) return where_->log_unsent(name, why_unsound);
    if (has_pieces(flags_, e, where_->io().parser()))
        return where_->log_unsent(name, why_in_pieces);
    if (a && where_->is_parent())
        throw std::logic_error(
            "emit: what io.of(predicate) returns gathers no answers; emit from each namespace");
    auto& adapter = where_->adapter();
    if (a)
        adapter.broadcast_with_ack(std::move(e), filter_, flags_, std::move(a));
    else
        adapter.broadcast(std::move(e), filter_, flags_);
}

void broadcast::fetch_sockets(handler<void(error_code, std::vector<remote_socket>)> then) const {
    auto fn = detail::required(std::move(then), "fetch_sockets");
    if (where_->is_parent())
        throw std::logic_error(
            "fetch_sockets: ask each namespace, not what io.of(predicate) returns");
    where_->adapter().fetch_sockets(filter_, flags_, std::move(fn));
}
void broadcast::socket_ids(handler<void(error_code, std::vector<std::string>)> then) const {
    auto fn = detail::required(std::move(then), "socket_ids");
    if (where_->is_parent())
        throw std::logic_error("socket_ids: ask each namespace, not what io.of(predicate) returns");
    where_->adapter().members_of(filter_, std::move(fn));
}
void broadcast::count_sockets(handler<void(error_code, std::size_t)> then) const {
    auto fn = detail::required(std::move(then), "count_sockets");
    if (where_->is_parent())
        throw std::logic_error(
            "count_sockets: ask each namespace, not what io.of(predicate) returns");
    where_->adapter().count_of(filter_, std::move(fn));
}
void broadcast::sockets_join(room_names const& rooms) const {
    where_->adapter().sockets_join(filter_, flags_, rooms.all());
}
void broadcast::sockets_leave(room_names const& rooms) const {
    where_->adapter().sockets_leave(filter_, flags_, rooms.all());
}
void broadcast::disconnect_sockets(bool close) const {
    where_->adapter().disconnect_sockets(filter_, flags_, close);
}

// -- nsp ------------------------------------------------------------------------------------------

std::string const& nsp::name() const noexcept {
    return core_->name();
}
void nsp::on_connection(handler<void(socket&)> f) const {
    auto fn = detail::required(std::move(f), "on_connection");
    core_->change_config([&](nsp_config& c) { c.connection.push_back(std::move(fn)); });
}
void nsp::prepend_connection(handler<void(socket&)> f) const {
    auto fn = detail::required(std::move(f), "prepend_connection");
    core_->change_config(
        [&](nsp_config& c) { c.connection.insert(c.connection.begin(), std::move(fn)); });
}
void nsp::use(handler<void(socket&, next)> f) const {
    auto fn = detail::required(std::move(f), "use");
    core_->change_config([&](nsp_config& c) { c.middlewares.push_back(std::move(fn)); });
}
namespace {

/// Hands a decision on to the middleware that it stands in for.
class next_receiver final : public decision::receiver {
public:
    explicit next_receiver(next to) noexcept : to_(std::move(to)) {}
    void on_accept(acceptance with) override { to_.accept(std::move(with.data)); }
    void on_refuse(unsigned status, std::string text, response_headers) override {
        std::string data;
        json_writer out(data);
        out.begin_object();
        out.key("status");
        write_value(out, status);
        out.end_object();
        to_(connect_error{std::move(text), json_value(std::move(data), {})});
    }

private:
    next to_;
};

}  // namespace

void nsp::authorize(handler<void(socket&, decision)> f) const {
    use([fn = detail::required(std::move(f), "authorize")](socket& s, next go_on) {
        fn(s, decision(std::make_shared<next_receiver>(std::move(go_on))));
    });
}
void nsp::add(std::string event_name, detail::event_handler f) const {
    check_heard_name(event_name, hearer::nsp);
    core_->change_config([&](nsp_config& c) {
        c.listeners.push_back({std::move(event_name), std::move(f)});
    });
}
void nsp::on_room(handler<void(room_change, std::string const&, std::string const&)> f) const {
    auto fn = detail::required(std::move(f), "on_room");
    core_->change_config([&](nsp_config& c) { c.rooms.push_back(std::move(fn)); });
}
void nsp::on_new_namespace(handler<void(nsp const&)> f) const {
    auto fn = detail::required(std::move(f), "on_new_namespace");
    core_->change_config([&](nsp_config& c) { c.new_namespace.push_back(std::move(fn)); });
}
void nsp::on_server_side(handler<void(event const&)> f) const {
    auto fn = detail::required(std::move(f), "on_server_side");
    core_->change_config([&](nsp_config& c) { c.server_side.push_back(std::move(fn)); });
}
void nsp::send_to_servers(std::string_view name, detail::encoded e, detail::ack_handler a) const {
    check_server_side_name(name);
    core_->server_side_emit(std::move(e), std::move(a));
}
void nsp::all_rooms(handler<void(error_code, std::vector<std::string>)> then) const {
    auto fn = detail::required(std::move(then), "all_rooms");
    if (core_->is_parent())
        throw std::logic_error("all_rooms: ask each namespace, not what io.of(predicate) returns");
    core_->adapter().all_rooms(std::move(fn));
}
void nsp::rooms_of(std::string_view socket_id,
                   handler<void(error_code, std::vector<std::string>)> then) const {
    auto fn = detail::required(std::move(then), "rooms_of");
    if (core_->is_parent())
        throw std::logic_error("rooms_of: ask each namespace, not what io.of(predicate) returns");
    core_->adapter().rooms_of(socket_id, std::move(fn));
}
std::size_t nsp::socket_count() const noexcept {
    return core_->sockets();
}

void nsp::post(std::string_view socket_id, handler<void(socket&)> f, handler<void()> lost) const {
    auto fn = detail::required(std::move(f), "post");
    if (core_->is_parent())
        throw std::logic_error("post: ask one namespace, not what io.of(predicate) returns");
    auto& io = core_->io();
    auto const p =
        std::make_shared<posting>(io.shared_from_this(), std::move(fn), std::move(lost).take());
    for (std::size_t i = 0; i < io.shard_count(); ++i)
        (void)io.post(i, [core = core_, i, id = std::string(socket_id), p] {
            io_shard::entry const here(core->io().shard(i));
            if (auto* const s = core->part(i).find_reachable(id)) s->take_posted(p);
        });
}

// -- server ---------------------------------------------------------------------------------------

server::server(options o) : server(io_core::make(std::move(o))) {}
server::server(std::shared_ptr<io_core> io) : nsp(io->main()), io_(std::move(io)) {}

nsp server::of(std::string_view name) const {
    return nsp(io_->of(name));
}
nsp server::of(std::function<bool(std::string_view, json_view)> wanted) const {
    detail::require_function(wanted, "of");
    return nsp(io_->of(std::move(wanted)));
}
std::vector<nsp> server::namespaces() const {
    std::vector<nsp> all;
    for (auto& n : io_->namespaces()) all.emplace_back(std::move(n));
    return all;
}
void server::on_namespace(handler<void(nsp const&)> f) const {
    io_->on_namespace(detail::required(std::move(f), "on_namespace"));
}
void server::close() const {
    io_->close();
}
std::size_t server::connection_count() const noexcept {
    return io_->connections();
}

}  // namespace anywire::socketio

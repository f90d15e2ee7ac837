// What the application calls on a socket.
#include <anywire/socketio/async.hpp>
#include <anywire/socketio/nsp.hpp>

#include "client.hpp"
#include "core/ascii.hpp"
#include "core/form.hpp"
#include "reserved_names.hpp"
#include "socket_core.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <map>
#include <utility>

namespace anywire::socketio {
namespace {

socket_core& of(socket& s) noexcept {
    return static_cast<socket_core&>(s);
}
socket_core const& of(socket const& s) noexcept {
    return static_cast<socket_core const&>(s);
}

std::string time_text(std::int64_t ms) {
    auto const seconds = static_cast<std::time_t>(ms / 1000);
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    std::array<char, 64> text{};
    auto const n = std::strftime(text.data(), text.size(), "%a %b %d %Y %H:%M:%S GMT+0000", &utc);
    return {text.data(), n};
}

using pairs = std::vector<std::pair<std::string, std::string>>;

/// In the order of the names; of one that comes twice the last value.
pairs query_of(std::string_view query) {
    std::map<std::string, std::string> all;
    form_reader reader(query);
    while (auto const p = reader.next())
        all.insert_or_assign(form_decoded(p->name), form_decoded(p->value));
    return {all.begin(), all.end()};
}

pairs headers_of(request const& r) {
    pairs all;
    r.for_each_header([&](std::string_view name, std::string_view value) {
        std::string lower(name);
        for (auto& c : lower)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
        for (auto& each : all)
            if (each.first == lower) return (void)each.second.append(", ").append(value);
        all.emplace_back(std::move(lower), std::string(value));
    });
    return all;
}

void write_pairs(json_writer& out, std::string_view key, pairs const& all) {
    out.key(key);
    out.begin_object();
    for (auto const& [name, value] : all) {
        out.key(name);
        out.string(value);
    }
    out.end_object();
}

}  // namespace

anywire::detail::poster poster_of(socket& s) {
    return [a = of(s).anchor()](std::function<void()> fn) {
        (void)a->io->post(a->shard, [a, fn = std::move(fn)] {
            io_shard::entry const here(a->io->shard(a->shard));
            if (a->to && !a->io->call(fn))
                a->to->owner().break_off(close_reason::handler_failed, "handler failed");
        });
    };
}

void to_json(json_writer& out, handshake const& h) {
    out.begin_object();
    write_pairs(out, "headers", h.headers);
    out.key("time");
    out.string(h.time);
    out.key("address");
    out.string(h.address);
    out.key("xdomain");
    out.boolean(h.xdomain);
    out.key("secure");
    out.boolean(h.secure);
    out.key("issued");
    out.number(h.issued);
    out.key("url");
    out.string(h.url);
    write_pairs(out, "query", h.query);
    out.key("auth");
    out.raw(h.auth.view());
    out.end_object();
}

std::string_view to_string(disconnect_reason why) noexcept {
    switch (why) {
        case disconnect_reason::transport_error: return "transport error";
        case disconnect_reason::transport_close: return "transport close";
        case disconnect_reason::forced_close: return "forced close";
        case disconnect_reason::ping_timeout: return "ping timeout";
        case disconnect_reason::parse_error: return "parse error";
        case disconnect_reason::server_shutting_down: return "server shutting down";
        case disconnect_reason::forced_server_close: return "forced server close";
        case disconnect_reason::client_namespace_disconnect: return "client namespace disconnect";
        case disconnect_reason::server_namespace_disconnect: return "server namespace disconnect";
    }
    return {};
}

std::string const& socket::id() const noexcept {
    return of(*this).id_text;
}
std::string const& socket::nsp_name() const noexcept {
    return of(*this).nsp().name();
}
bool socket::is_connected() const noexcept {
    return of(*this).current() == socket_core::state::connected;
}
recovery socket::recovery_result() const noexcept {
    return of(*this).recovery_;
}
std::string_view socket::transport() const noexcept {
    return of(*this).owner().conn()->transport();
}
std::string_view socket::connection_id() const noexcept {
    return of(*this).owner().conn()->id();
}
nsp socket::nsp() const noexcept {
    return socketio::nsp(of(*this).nsp_);
}
anywire::request const& socket::request() const noexcept {
    return of(*this).owner().conn()->request();
}
json_view socket::auth() const noexcept {
    auto const& a = of(*this).auth_;
    return a ? a->view() : json_view("{}");
}
std::any& socket::data() noexcept {
    return of(*this).data_;
}
std::any& socket::connection_data() noexcept {
    return of(*this).owner().conn()->data();
}
std::size_t socket::queued_bytes() const noexcept {
    return of(*this).owner().conn()->queued_bytes();
}
std::uint64_t socket::dropped() const noexcept {
    return of(*this).owner().conn()->dropped();
}

std::uint64_t socket::replaced() const noexcept {
    return of(*this).owner().conn()->replaced();
}

handshake socket::handshake() const {
    auto const& r = request();
    auto const issued = of(*this).owner().issued();
    return {.headers = headers_of(r),
            .time = time_text(issued),
            .address = std::string(r.remote_address()),
            .xdomain = !r.header("origin").empty(),
            .secure = r.is_secure(),
            .issued = issued,
            .url = std::string(r.target()),
            .query = query_of(r.query()),
            .auth = json_value(auth())};
}

remote_socket socket_core::as_remote() {
    return {.id = id_text,
            .handshake = handshake(),
            .rooms = rooms(),
            .data = data_,
            .connection_id = std::string(connection_id()),
            .transport = std::string(transport())};
}

// -- listeners ------------------------------------------------------------------------------------

listener_id socket::add(std::string name, detail::event_handler f, bool once) {
    check_heard_name(name, hearer::socket);
    auto& s = of(*this);
    auto const id = ++s.next_listener_;
    s.listeners_.push_back(std::make_unique<socket_core::listener>(
        socket_core::listener{id, std::move(name), std::move(f), once}));
    return id;
}

void socket::off(listener_id which) {
    auto& s = of(*this);
    for (auto const& l : s.listeners_)
        if (l->id == which) l->dead = s.has_dead_listeners_ = true;
    if (s.calling_ == 0) std::erase_if(s.listeners_, [](auto const& l) { return l->dead; });
    if (!s.rare_) return;
    auto const is_it = [&](auto const& l) { return l->first == which; };
    std::erase_if(s.rare_->any, is_it);
    std::erase_if(s.rare_->any_outgoing, is_it);
}

void socket::off(std::string_view name) {
    auto& s = of(*this);
    for (auto const& l : s.listeners_)
        if (l->name == name) l->dead = s.has_dead_listeners_ = true;
    if (s.calling_ == 0) std::erase_if(s.listeners_, [](auto const& l) { return l->dead; });
}

namespace {

template <class List, class Fn>
listener_id put(List& list, bool first, std::uint32_t& last_id, Fn f) {
    using element = typename List::value_type::element_type;
    auto made = std::make_shared<element>(++last_id, std::move(f));
    list.insert(first ? list.begin() : list.end(), std::move(made));
    return last_id;
}

}  // namespace

listener_id socket::on_any(handler<void(event const&)> f) {
    auto& s = of(*this);
    return put(s.extras().any, false, s.next_listener_, detail::required(std::move(f), "on_any"));
}
listener_id socket::prepend_any(handler<void(event const&)> f) {
    auto& s = of(*this);
    return put(
        s.extras().any, true, s.next_listener_, detail::required(std::move(f), "prepend_any"));
}
void socket::off_any() {
    if (auto& s = of(*this); s.rare_) s.rare_->any.clear();
}
listener_id socket::on_any_outgoing(handler<void(event const&)> f) {
    auto& s = of(*this);
    return put(s.extras().any_outgoing,
               false,
               s.next_listener_,
               detail::required(std::move(f), "on_any_outgoing"));
}
listener_id socket::prepend_any_outgoing(handler<void(event const&)> f) {
    auto& s = of(*this);
    return put(s.extras().any_outgoing,
               true,
               s.next_listener_,
               detail::required(std::move(f), "prepend_any_outgoing"));
}
void socket::off_any_outgoing() {
    if (auto& s = of(*this); s.rare_) s.rare_->any_outgoing.clear();
}

void socket::use(handler<void(event const&, next)> f) {
    of(*this).extras().middlewares.push_back(
        std::make_shared<std::function<void(event const&, next)>>(
            detail::required(std::move(f), "use")));
}
void socket::on_error(handler<void(connect_error const&)> f) {
    of(*this).extras().error.push_back(detail::required(std::move(f), "on_error"));
}
void socket::on_drain(handler<void()> f) {
    of(*this).extras().drain.push_back(detail::required(std::move(f), "on_drain"));
}
void socket::on_upgrade(handler<void()> f) {
    of(*this).extras().upgrade.push_back(detail::required(std::move(f), "on_upgrade"));
}
void socket::on_disconnecting(handler<void(disconnect_reason)> f) {
    of(*this).extras().disconnecting.push_back(detail::required(std::move(f), "on_disconnecting"));
}
void socket::on_disconnect(handler<void(disconnect_reason)> f) {
    of(*this).extras().disconnect.push_back(detail::required(std::move(f), "on_disconnect"));
}

// -- sending, rooms -------------------------------------------------------------------------------

result<void> socket::send(emit_flags const& flags,
                          std::string_view name,
                          detail::encoded e,
                          detail::ack_handler a) {
    return of(*this).send_event(flags, name, std::move(e), std::move(a));
}

broadcast socket::broadcast() const {
    auto const& s = of(*this);
    return socketio::broadcast(s.nsp_).except(s.id_text);
}
broadcast socket::to(room_names const& rooms) const {
    return broadcast().to(rooms);
}
broadcast socket::except(room_names const& rooms) const {
    return broadcast().except(rooms);
}

bool socket::join(room_names const& rooms) {
    auto all = true;
    for (auto const& room : rooms.all()) all = of(*this).join_one(room) && all;
    return all;
}

bool socket_core::join_one(std::string_view room) {
    auto& s = *this;
    if (state_ == state::leaving) return false;
    if (is_in(room)) return true;
    if (s.rooms_joined.size() >= s.owner().io().opts().max_rooms) {
        s.owner().note(io_core::notice::rooms,
                       s.nsp().name(),
                       "the socket is in `max_rooms` already, and not let into '",
                       shown(room),
                       "'");
        return false;
    }
    s.part_.join(s, room);
    return true;
}

void socket::leave(std::string_view room) {
    auto& s = of(*this);
    s.part_.leave(s, room);
}

std::vector<std::string> socket::rooms() const {
    auto const& s = of(*this);
    std::vector<std::string> names{s.id_text};
    for (auto const* r : s.rooms_joined) names.push_back(r->name);
    return names;
}

bool socket::is_in(std::string_view room) const noexcept {
    auto const& s = of(*this);
    return room == s.id_text || s.part_.is_in(s, room);
}

void socket::disconnect(bool close) {
    auto& s = of(*this);
    if (!is_connected()) return;
    if (close) return s.owner().disconnect_all();
    s.owner().send_text(wire::packet_type::disconnect, s.nsp().name(), {});
    io_shard::entry const here(s.at());
    s.leave_namespace(disconnect_reason::server_namespace_disconnect);
}

void socket::after(std::chrono::milliseconds delay, handler<void(socket&)> f) {
    auto& s = of(*this);
    auto const fn = detail::required(std::move(f), "after");
    s.owner().conn()->after(delay, [a = s.anchor(), fn](session&) {
        io_shard::entry const here(a->io->shard(a->shard));
        if (a->to && a->to->is_connected()) fn(*a->to);
    });
}

}  // namespace anywire::socketio

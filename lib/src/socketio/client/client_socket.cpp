// What the application calls on a client's socket, and on its connection.
#include <anywire/socketio/client_async.hpp>
#include <anywire/socketio/manager.hpp>

#include "client_socket_core.hpp"

#include <utility>

namespace anywire::socketio {
namespace {

client_socket_core& of(client_socket& s) noexcept {
    return static_cast<client_socket_core&>(s);
}
client_socket_core const& of(client_socket const& s) noexcept {
    return static_cast<client_socket_core const&>(s);
}

/// Registers `f` where the client is at home.
template <class... A, class Add>
listener_id put(manager_core& m, handler<void(A...)>&& f, char const* given_to, Add add) {
    auto fn = detail::required(std::move(f), given_to);
    auto const id = m.next_listener();
    m.run([add, id, fn = std::move(fn)] { add(id, fn); });
    return id;
}

}  // namespace

anywire::detail::poster poster_of(client_socket& s) {
    return [core = of(s).owner().weak_from_this()](std::function<void()> fn) {
        auto const kept = core.lock();
        if (!kept) return;
        kept->post([to = kept.get(), fn = std::move(fn)] { (void)to->call(fn); });
    };
}

std::string_view to_string(client_disconnect_reason why) noexcept {
    switch (why) {
        case client_disconnect_reason::io_server_disconnect: return "io server disconnect";
        case client_disconnect_reason::io_client_disconnect: return "io client disconnect";
        case client_disconnect_reason::ping_timeout: return "ping timeout";
        case client_disconnect_reason::transport_close: return "transport close";
        case client_disconnect_reason::transport_error: return "transport error";
        case client_disconnect_reason::parse_error: return "parse error";
        case client_disconnect_reason::forced_close: return "forced close";
    }
    return {};
}

// -- a socket -------------------------------------------------------------------------------------

std::string const& client_socket::id() const noexcept {
    return of(*this).id_;
}
std::string const& client_socket::nsp_name() const noexcept {
    return of(*this).nsp_;
}
bool client_socket::is_connected() const noexcept {
    return of(*this).current() == client_socket_core::state::connected;
}
bool client_socket::is_active() const noexcept {
    return of(*this).current() != client_socket_core::state::idle;
}
bool client_socket::recovered() const noexcept {
    return of(*this).recovered_;
}
std::size_t client_socket::buffered_bytes() const noexcept {
    return of(*this).kept_bytes_;
}
manager client_socket::manager() const noexcept {
    return socketio::manager(of(*this).of_.weak_from_this().lock());
}

void client_socket::connect() {
    auto& s = of(*this);
    s.of_.run([&s] { s.begin(); });
}
void client_socket::disconnect() {
    auto& s = of(*this);
    s.of_.run([&s] { s.end(); });
}
void client_socket::set_auth(client_auth auth) {
    if (auto const& value = auth.value()) check_auth(*value);
    auto& s = of(*this);
    s.of_.run([&s, auth = std::move(auth)] { s.options_.auth = auth; });
}

listener_id client_socket::add(std::string name,
                               detail::basic_event_handler<client_socket> f,
                               bool once) {
    check_client_hears(name);
    auto& s = of(*this);
    auto const id = s.of_.next_listener();
    s.of_.run([&s, id, once, name = std::move(name), f = std::move(f)] {
        s.listeners_.push_back(std::make_unique<client_socket_core::listener>(
            client_socket_core::listener{id, name, f, once}));
    });
    return id;
}

void client_socket::off(listener_id which) {
    auto& s = of(*this);
    s.of_.run([&s, which] {
        for (auto const& l : s.listeners_)
            if (l->id == which) l->dead = s.has_dead_listeners_ = true;
        s.forget_dead();
        s.any_.remove(which);
        s.any_outgoing_.remove(which);
        s.connect_.remove(which);
        s.connect_error_.remove(which);
        s.disconnect_.remove(which);
        s.drain_.remove(which);
    });
}
void client_socket::off(std::string_view name) {
    auto& s = of(*this);
    s.of_.run([&s, name = std::string(name)] {
        for (auto const& l : s.listeners_)
            if (l->name == name) l->dead = s.has_dead_listeners_ = true;
        s.forget_dead();
    });
}

listener_id client_socket::on_connect(handler<void()> f) {
    auto& s = of(*this);
    return put(s.of_, std::move(f), "on_connect", [&s](auto id, auto const& fn) {
        s.connect_.add(id, fn);
    });
}
listener_id client_socket::on_connect_error(handler<void(connect_error const&)> f) {
    auto& s = of(*this);
    return put(s.of_, std::move(f), "on_connect_error", [&s](auto id, auto const& fn) {
        s.connect_error_.add(id, fn);
    });
}
listener_id client_socket::on_disconnect(handler<void(client_disconnect_reason)> f) {
    auto& s = of(*this);
    return put(s.of_, std::move(f), "on_disconnect", [&s](auto id, auto const& fn) {
        s.disconnect_.add(id, fn);
    });
}
listener_id client_socket::on_drain(handler<void()> f) {
    auto& s = of(*this);
    return put(
        s.of_, std::move(f), "on_drain", [&s](auto id, auto const& fn) { s.drain_.add(id, fn); });
}
listener_id client_socket::on_any(handler<void(event const&)> f) {
    auto& s = of(*this);
    return put(
        s.of_, std::move(f), "on_any", [&s](auto id, auto const& fn) { s.any_.add(id, fn); });
}
listener_id client_socket::prepend_any(handler<void(event const&)> f) {
    auto& s = of(*this);
    return put(s.of_, std::move(f), "prepend_any", [&s](auto id, auto const& fn) {
        s.any_.add(id, fn, true);
    });
}
void client_socket::off_any() {
    auto& s = of(*this);
    s.of_.run([&s] { s.any_.clear(); });
}
listener_id client_socket::on_any_outgoing(handler<void(event const&)> f) {
    auto& s = of(*this);
    return put(s.of_, std::move(f), "on_any_outgoing", [&s](auto id, auto const& fn) {
        s.any_outgoing_.add(id, fn);
    });
}
listener_id client_socket::prepend_any_outgoing(handler<void(event const&)> f) {
    auto& s = of(*this);
    return put(s.of_, std::move(f), "prepend_any_outgoing", [&s](auto id, auto const& fn) {
        s.any_outgoing_.add(id, fn, true);
    });
}
void client_socket::off_any_outgoing() {
    auto& s = of(*this);
    s.of_.run([&s] { s.any_outgoing_.clear(); });
}

result<void> client_socket::send(emit_flags const& flags,
                                 std::string_view name,
                                 detail::encoded e,
                                 detail::ack_handler a) {
    check_client_emits(name);
    auto& s = of(*this);
    if (s.of_.is_abandoned()) return errc::session_closed;
    if (s.of_.is_here()) return s.emit_event(flags, std::move(e), std::move(a));
    s.of_.post([&s, flags, e = std::move(e), a = std::move(a)] {
        auto const sent = s.emit_event(flags, e, a);
        if (!sent && a) s.answer(a, sent.error(), {});
    });
    return {};
}

void client_socket::after(std::chrono::milliseconds delay, handler<void(client_socket&)> f) {
    auto& s = of(*this);
    auto fn = detail::required(std::move(f), "after");
    s.of_.run([&s, delay, fn = std::move(fn)] {
        auto const when = s.of_.loop().now() + to_ticks(delay) + 1;
        s.timers_.push_back({when, fn});
        s.of_.arm(when);
    });
}

// -- a connection ---------------------------------------------------------------------------------

client_socket& manager::socket(std::string_view nsp, client_socket_options o) const {
    return core_->socket(nsp, std::move(o));
}
void manager::connect() const {
    core_->run([m = core_.get()] { m->connect_all(); });
}
void manager::close() const {
    core_->run([m = core_.get()] { m->close_all(); });
}
bool manager::is_open() const noexcept {
    return core_->has_session();
}
std::string_view manager::transport() const noexcept {
    return core_->transport();
}
listener_id manager::on_open(handler<void()> f) const {
    return put(*core_, std::move(f), "on_open", [m = core_.get()](auto id, auto const& fn) {
        m->opened.add(id, fn);
    });
}
listener_id manager::on_failure(handler<void(client_failure const&)> f) const {
    return put(*core_, std::move(f), "on_failure", [m = core_.get()](auto id, auto const& fn) {
        m->failed.add(id, fn);
    });
}
listener_id manager::on_reconnecting(handler<void(client_retry const&)> f) const {
    return put(*core_, std::move(f), "on_reconnecting", [m = core_.get()](auto id, auto const& fn) {
        m->reconnecting.add(id, fn);
    });
}
listener_id manager::on_transport(handler<void()> f) const {
    return put(*core_, std::move(f), "on_transport", [m = core_.get()](auto id, auto const& fn) {
        m->gone_over.add(id, fn);
    });
}
listener_id manager::on_reconnect_failed(handler<void()> f) const {
    return put(
        *core_, std::move(f), "on_reconnect_failed", [m = core_.get()](auto id, auto const& fn) {
            m->given_up.add(id, fn);
        });
}
void manager::off(listener_id which) const {
    core_->run([m = core_.get(), which] { m->remove_listener(which); });
}

}  // namespace anywire::socketio

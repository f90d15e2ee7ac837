#include <anywire/stomp/server.hpp>

#include "stomp_client.hpp"
#include "stomp_core.hpp"

#include <stdexcept>
#include <utility>

namespace anywire::stomp {
namespace {

template <class F>
void set(stomp_core& core, F& to, F f, char const* what) {
    core.check_setup();
    if (!f) throw std::invalid_argument(std::string("stomp::server::") + what + ": no function");
    to = std::move(f);
}

result<void> check_sendable(stomp_core const& core, std::string_view destination) {
    if (!core.is_attached()) return errc::session_closed;
    if (!core.is_valid(destination)) return errc::bad_arguments;
    return {};
}

}  // namespace

// -- a client -------------------------------------------------------------------------------------

std::string_view client::id() const noexcept {
    return self_.id();
}
std::string const& client::user() const noexcept {
    return self_.user();
}
version client::version() const noexcept {
    return self_.version();
}
session& client::session() const noexcept {
    return *self_.below();
}
std::vector<std::string> client::subscriptions() const {
    std::vector<std::string> all;
    self_.for_each_subscription([&](subscription const& s) { all.push_back(s.destination); });
    return all;
}
void client::disconnect(std::string_view message) {
    self_.disconnect(message);
}

anywire::detail::poster poster_of(client& c) {
    return anywire::detail::poster_of(c.session());
}

std::optional<std::string_view> connect::find(std::string_view name) const noexcept {
    for (auto const& [known, value] : headers_)
        if (known == name) return value;
    return std::nullopt;
}

// -- setting up -----------------------------------------------------------------------------------

server::server(options o) : core_(std::make_shared<stomp_core>(std::move(o))) {}

void server::on_connect(handler<void(connect const&, admission)> f) {
    set(*core_, core_->hooks().on_connect, std::move(f), "on_connect");
}
void server::on_connected(handler<void(client&)> f) {
    set(*core_, core_->hooks().on_connected, std::move(f), "on_connected");
}
void server::on_disconnect(handler<void(client&, close_event const&)> f) {
    set(*core_, core_->hooks().on_disconnect, std::move(f), "on_disconnect");
}
void server::on_subscribed(handler<void(client&, std::string_view)> f) {
    set(*core_, core_->hooks().on_subscribed, std::move(f), "on_subscribed");
}
void server::on_unsubscribed(handler<void(client&, std::string_view)> f) {
    set(*core_, core_->hooks().on_unsubscribed, std::move(f), "on_unsubscribed");
}
void server::on_error(handler<void(client&, failure const&)> f) {
    set(*core_, core_->hooks().on_error, std::move(f), "on_error");
}
void server::on_dead_letter(handler<void(dead_letter const&)> f) {
    set(*core_, core_->hooks().on_dead_letter, std::move(f), "on_dead_letter");
}

void server::relay_to(std::shared_ptr<broker_relay> broker) {
    core_->check_setup();
    if (!broker) throw std::invalid_argument("stomp::server::relay_to: no broker");
    core_->set_relay(std::move(broker));
}

void server::allow_send(std::string_view pattern) {
    add_rule(true, pattern, {});
}
void server::allow_subscribe(std::string_view pattern) {
    add_rule(false, pattern, {});
}

void server::add_rule(bool is_send, std::string_view pattern, detail::rule_call rule) {
    core_->check_setup();
    auto made = core_->pattern_for(pattern);
    if (rule.call && rule.values != made.variables())
        throw std::invalid_argument("stomp: the rule for \"" + std::string(pattern) +
                                    "\" takes the variables of its pattern, no fewer and no more");
    auto& hooks = core_->hooks();
    (is_send ? hooks.may_send : hooks.may_subscribe).add(std::move(made), std::move(rule));
}

void server::add_route(route_kind kind, std::string_view pattern, detail::route_call route) {
    core_->check_setup();
    auto made = core_->pattern_for(pattern);
    auto const of_pattern = " for \"" + std::string(pattern) + "\"";
    auto const require = [&](bool good, char const* what) {
        if (!good) throw std::invalid_argument("stomp: the handler" + of_pattern + " " + what);
    };
    auto const is_application = core_->place_of(pattern) == place::application;
    require(is_application == (kind != route_kind::snapshot),
            is_application ? "is under the application's prefix"
                           : "is not under the application's prefix");
    auto const variables = made.variables();
    require(
        route.values == variables || (route.values == variables + 1 && kind == route_kind::message),
        kind == route_kind::message
            ? "takes the variables of its pattern, and the message if it wants"
            : "takes the variables of its pattern");
    require(route.first_body >= variables, "takes variables as std::string or integers");
    require(kind == route_kind::message || route.returns, "returns nothing to answer with");
    require(kind != route_kind::snapshot || !route.is_task,
            "is a coroutine: messages could overtake the snapshot");
    auto& hooks = core_->hooks();
    auto& to = kind == route_kind::message     ? hooks.messages
               : kind == route_kind::subscribe ? hooks.subscribes
                                               : hooks.snapshots;
    to.add(std::move(made), std::move(route));
}

void server::use_bus(bus_maker make) {
    core_->use_bus(std::move(make));
}

// -- sending --------------------------------------------------------------------------------------

result<void> server::publish(std::string_view destination, payload what, header_list more) const {
    if (auto const good = check_sendable(*core_, destination); !good) return good;
    return core_->publish(
        stomp_core::make_publication(destination, std::move(what), std::move(more)));
}

result<void> server::publish_to(std::string_view whom,
                                bool is_client,
                                std::string_view destination,
                                payload what,
                                header_list more) const {
    if (auto const good = check_sendable(*core_, destination); !good) return good;
    auto p = stomp_core::make_publication(
        core_->opts().user + std::string(destination), std::move(what), std::move(more));
    if (is_client)
        core_->publish_to_client(whom, std::move(p));
    else
        core_->publish_to_user(whom, std::move(p));
    return {};
}

void server::disconnect_user(std::string_view user, std::string_view message) const {
    core_->disconnect_user(user, message);
}
void server::post(std::string_view id, std::function<void(client&)> fn) const {
    core_->post_to_client(id, std::move(fn));
}

// -- who is there ---------------------------------------------------------------------------------

std::vector<client_info> server::clients() const {
    return core_->list(std::nullopt);
}
std::vector<client_info> server::clients_of(std::string_view user) const {
    return core_->list(user);
}
void server::fetch_users(std::function<void(error_code, std::vector<std::string>)> then) const {
    if (!core_->is_attached()) return then(errc::session_closed, {});
    core_->nodes().ask_users(std::move(then));
}
void server::fetch_clients_of(
    std::string_view user, std::function<void(error_code, std::vector<std::string>)> then) const {
    if (!core_->is_attached()) return then(errc::session_closed, {});
    core_->nodes().ask_clients_of(user, std::move(then));
}
server_numbers server::numbers() const {
    return core_->numbers();
}

}  // namespace anywire::stomp

#include "core/fault.hpp"
#include "dialect_mount.hpp"
#include "shard.hpp"
#include "sid.hpp"

#include <utility>

/// What a dialect does with a request: its mount does it.
namespace anywire {

std::string_view dialect_request::method() const noexcept {
    return context_.in.head.method;
}
std::string_view dialect_request::below() const noexcept {
    return context_.in.below;
}
std::string_view dialect_request::query() const noexcept {
    return context_.in.head.query;
}
std::string_view dialect_request::header(std::string_view name) const noexcept {
    return context_.in.head.header(name);
}
std::span<http_field const> dialect_request::fields() const noexcept {
    return context_.in.head.fields;
}
std::string dialect_request::host() const {
    return http::asked_host(context_.in.client);
}
std::string_view dialect_request::body() const noexcept {
    return context_.in.head.body;
}
std::string_view dialect_request::remote_address() const noexcept {
    return context_.in.client.address;
}
bool dialect_request::is_secure() const noexcept {
    return context_.in.client.scheme == "https";
}
bool dialect_request::asks_for_duplex() const noexcept {
    auto const& in = context_.in;
    return in.to.checks_handshake() ||
           (in.head.upgrade && in.head.list_contains("upgrade", "websocket"));
}

exchange& dialect_request::to() const noexcept {
    return context_.in.to;
}
void dialect_request::respond(unsigned status,
                              std::string_view text,
                              std::string_view fields) const {
    context_.in.respond(status, text, fields);
}
void dialect_request::respond_to_preflight(std::string_view methods) const {
    if (!check_origin()) return;
    std::string fields("Access-Control-Allow-Methods: ");
    fields.append(methods).append("\r\n");
    // Names of fields only: a list of tokens, which our own reader and `serve` have seen to.
    if (auto const asked = header("access-control-request-headers"); !asked.empty())
        fields.append("Access-Control-Allow-Headers: ").append(asked).append("\r\n");
    (void)to().respond({.status = 204, .fields = fields});
}
void dialect_request::respond_method_not_allowed(std::string_view methods) const {
    std::string fields("Allow: ");
    fields.append(methods).append("\r\n");
    (void)to().respond({.status = status_of(fault::wrong_method), .fields = fields});
}

bool dialect_request::check_origin(bool originless) const {
    return context_.mount.check_origin(context_.in, originless);
}
bool dialect_request::go_to(std::string_view sid) const {
    auto& owner = context_.mount.core().owner(sid);
    if (&owner == &context_.in.here) return true;
    context_.in.move_to(owner);
    return false;
}
std::optional<session_below> dialect_request::find(std::string_view sid) const {
    auto* const found = context_.mount.local(context_.in.here).find_by_sid(sid);
    return found ? std::optional(session_below(*found)) : std::nullopt;
}
std::string dialect_request::draw_sid() const {
    return anywire::draw_sid(context_.mount.core(), context_.in.here);
}

void dialect_request::poll(session_protocol const& speaks,
                           std::string_view sid,
                           std::unique_ptr<poll_dress> by,
                           bool opens) const {
    auto r = context_.mount.receiver_of(speaks);
    r.poll = std::move(by);
    r.opens = opens;
    context_.mount.receive_by(context_.in, sid, std::move(r));
}
void dialect_request::stream(session_protocol const& speaks,
                             std::string_view sid,
                             std::unique_ptr<stream_dress> by,
                             std::size_t limit,
                             bool opens) const {
    auto r = context_.mount.receiver_of(speaks);
    r.stream = std::move(by);
    r.limit = limit;
    r.opens = opens;
    context_.mount.receive_by(context_.in, sid, std::move(r));
}
void dialect_request::receive(std::string_view sid, answer const& taken) const {
    context_.mount.take(context_.in, sid, taken);
}
void dialect_request::open_duplex(session_protocol const& speaks, std::string_view name) const {
    context_.mount.open_duplex(context_.in, speaks, name);
}

}  // namespace anywire

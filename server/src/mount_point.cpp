#include "mount_point.hpp"

#include "core/ascii.hpp"
#include "mount_point_open.hpp"
#include "server_core.hpp"
#include "websocket/handshake.hpp"

#include <stdexcept>

namespace anywire {
namespace {

websocket_settings settings_of(session_limits const& limits, deflate_options const& d) {
    websocket_settings s;
    s.reader = {.max_message = limits.max_message, .max_fragments = limits.max_fragments};
    s.deflate = {.enabled = d.enabled,
                 .server_no_context_takeover = !d.server_context_takeover,
                 .client_no_context_takeover = !d.client_context_takeover,
                 .server_max_window_bits = d.server_window_bits,
                 .client_max_window_bits = d.client_window_bits,
                 .level = d.level,
                 .threshold = d.threshold};
    s.write_stall = to_ticks(limits.write_stall);
    s.close_handshake = to_ticks(limits.close_handshake);
    return s;
}

/// All values of a field, joined by commas (RFC 9110, section 5.3).
std::string joined(http::request_view const& head, std::string_view name) {
    std::string all;
    for (auto const& f : head.fields) {
        if (!iequals(f.name, name)) continue;
        if (!all.empty()) all.append(", ");
        all.append(f.value);
    }
    return all;
}

}  // namespace

void require_option(bool good, std::string_view prefix, std::string_view what) {
    if (!good)
        throw std::invalid_argument("mount '" + std::string(prefix) + "': " + std::string(what));
}

mount_point::mount_point(server_core& core,
                         std::string prefix,
                         std::size_t index,
                         session_limits const& limits,
                         origin_list const& origins,
                         deflate_options const& deflate,
                         handlers app,
                         bool takes_bodies)
    : route_target(std::move(prefix), takes_bodies ? limits.max_message : 0),
      core_(core),
      index_(index),
      app_(std::move(app)),
      limits_(limits),
      origins_{origins},
      wire_settings_(settings_of(limits, deflate)) {
    auto const& p = this->prefix();
    require_option(limits.max_message >= 1 && limits.max_message <= (1u << 30),
                   p,
                   "limits.max_message must be 1 to 1 GiB");
    require_option(limits.max_queued_bytes >= 1024 && limits.max_queued_bytes <= (1u << 30),
                   p,
                   "limits.max_queued_bytes must be 1 KiB to 1 GiB");
    require_option(limits.write_stall.count() > 0, p, "limits.write_stall must be positive");
    require_option(
        limits.close_handshake.count() > 0, p, "limits.close_handshake must be positive");
    require_option(
        limits.authorize_timeout.count() > 0, p, "limits.authorize_timeout must be positive");
    require_option(deflate.server_window_bits >= 9 && deflate.server_window_bits <= 15,
                   p,
                   "deflate.server_window_bits must be 9 to 15");
    require_option(deflate.client_window_bits >= 9 && deflate.client_window_bits <= 15,
                   p,
                   "deflate.client_window_bits must be 9 to 15");
    require_option(deflate.level >= 0 && deflate.level <= 9, p, "deflate.level must be 0 to 9");
    for (auto const& entry : origins)
        if (auto const wrong = http::check_origin_option(entry)) require_option(false, p, *wrong);
}

endpoint_core& mount_point::local(shard& here) const noexcept {
    return here.endpoint(index_);
}

// ---- who may come in
// -----------------------------------------------------------------------------

http::origin_request mount_point::origin_of(incoming const& in) const noexcept {
    return {.origin_header = in.head.header("origin"),
            .has_origin = in.head.has_header("origin"),
            .sec_fetch_site = in.head.header("sec-fetch-site"),
            .referer = in.head.header("referer"),
            .scheme = in.client.scheme,
            .host = in.client.host};
}

bool mount_point::allows_page(incoming const& in, bool originless) const {
    auto const from = origin_of(in);
    auto const allowed = originless ? http::allows_originless_get(origins_, from)
                                    : http::allows_origin(origins_, from);
    if (allowed) return true;
    in.here.log().write(log_level::info,
                        "refused a foreign origin at ",
                        prefix(),
                        ": '",
                        from.has_origin ? from.origin_header : from.referer,
                        "' is not in the mount's `origins`");
    return false;
}

bool mount_point::check_origin(incoming const& in, bool originless) const {
    if (allows_page(in, originless)) return true;
    in.respond(403, "this origin is not allowed\n");
    return false;
}

bool mount_point::has_room(shard& here, exchange& to, no_room const* why) const {
    if (!why) return true;
    here.log().write(log_level::info, "refused a client at ", prefix(), ": ", why->limit);
    (void)to.respond({.status = why->status,
                      .content_type = "text/plain; charset=UTF-8",
                      .fields = "Retry-After: 5\r\n",
                      .body = why->text});
    return false;
}

bool mount_point::check_room(incoming const& in) const {
    // Whoever waits for `authorize` when a drain begins still comes in, and is told goodbye.
    return has_room(in.here, in.to, find_draining(in.here)) && check_parking(in) &&
           check_room(in.here, in.to, in.client.address) &&
           has_room(in.here, in.to, find_too_soon(in.here, in.client.address));
}

bool mount_point::check_room(shard& here, exchange& to, std::string_view address) const {
    return has_room(here, to, find_no_room(here, local(here), address));
}

bool mount_point::check_parking(incoming const& in) const {
    return has_room(in.here, in.to, find_no_parking(in.here));
}

std::optional<mount_point::handshake> mount_point::check_websocket(
    incoming const& in,
    std::span<std::string const> subprotocols,
    refusals const& words,
    std::string_view fields) const {
    auto const connection = joined(in.head, "connection");
    auto const upgrade = joined(in.head, "upgrade");
    auto const key = joined(in.head, "sec-websocket-key");
    auto const version = joined(in.head, "sec-websocket-version");
    auto const wrong = websocket::check_handshake({.method = in.head.method,
                                                   .connection = connection,
                                                   .upgrade = upgrade,
                                                   .version = version,
                                                   .key = key,
                                                   .http_1_1 = in.head.version == 11});
    if (wrong || !in.head.body.empty()) {
        auto const version_only = wrong == errc::unsupported_version;
        in.respond(version_only ? 426 : 400,
                   version_only ? words.wrong_version : words.no_handshake,
                   version_only ? "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                                : "Sec-WebSocket-Version: 13\r\n");
        return std::nullopt;
    }
    handshake agreed;
    agreed.subprotocol =
        websocket::choose_subprotocol(joined(in.head, "sec-websocket-protocol"), subprotocols);
    std::string extensions;
    agreed.deflate = websocket::negotiate_deflate(
        joined(in.head, "sec-websocket-extensions"), wire_settings_.deflate, extensions);
    auto& head = agreed.head;
    head.append(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
        "Upgrade\r\nSec-WebSocket-Accept: ");
    head.append(websocket::accept_key(key)).append("\r\n");
    if (!agreed.subprotocol.empty())
        head.append("Sec-WebSocket-Protocol: ").append(agreed.subprotocol).append("\r\n");
    if (!extensions.empty())
        head.append("Sec-WebSocket-Extensions: ").append(extensions).append("\r\n");
    head.append(fields).append("\r\n");
    return agreed;
}

// ---- endpoint
// ------------------------------------------------------------------------------------

template <class Fn>
void mount_point::on_every_shard(Fn fn) {
    for (auto const& s : core_.shards) {
        auto& sessions = local(*s);
        if (s->is_here())
            fn(sessions);
        else
            s->post([&sessions, fn] { fn(sessions); });
    }
}

void mount_point::broadcast(message_view m) {
    on_every_shard([shared = std::make_shared<shared_message>(m)](endpoint_core& sessions) {
        sessions.broadcast(*shared);
    });
}

void mount_point::send_to_group(std::string const& group, message_view m) {
    on_every_shard([shared = std::make_shared<shared_message>(m), group](endpoint_core& sessions) {
        sessions.send_to_group(group, *shared);
    });
}

void mount_point::on_session(std::string_view id, std::function<void(session&)> fn) {
    auto const index = session_loop::shard_of(id);
    if (index >= core_.shards.size()) return;
    auto& s = *core_.shards[index];
    s.post([&sessions = local(s), id = std::string(id), fn = std::move(fn)] {
        if (auto* const found = sessions.find(id)) found->call_posted(fn);
    });
}

void endpoint::broadcast(message_view m) const {
    if (mount_) mount_->broadcast(m);
}
void endpoint::group::send(message_view m) const {
    if (mount_) mount_->send_to_group(name_, m);
}
void endpoint::join(std::string_view id, std::string_view group_name) const {
    if (mount_)
        mount_->on_session(id, [name = std::string(group_name)](session& s) { s.join(name); });
}
void endpoint::leave(std::string_view id, std::string_view group_name) const {
    if (mount_)
        mount_->on_session(id, [name = std::string(group_name)](session& s) { s.leave(name); });
}
void endpoint::post(std::string_view id, std::function<void(session&)> fn) const {
    if (mount_) mount_->on_session(id, std::move(fn));
}
std::size_t endpoint::session_count() const noexcept {
    return mount_ ? mount_->counters().sessions.load(std::memory_order_relaxed) : 0;
}
std::uint64_t endpoint::opened_count() const noexcept {
    return mount_ ? mount_->counters().opened.load(std::memory_order_relaxed) : 0;
}

}  // namespace anywire

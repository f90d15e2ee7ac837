#include "mount_point.hpp"

#include "ascii.hpp"
#include "core/fault.hpp"
#include "hooks.hpp"
#include "mount_point_open.hpp"
#include "service_core.hpp"
#include "shard.hpp"

#include <algorithm>
#include <stdexcept>
#include <typeinfo>

namespace anywire {
namespace {

websocket_settings_ptr settings_of(session_limits const& limits, deflate_options const& d) {
    boost::intrusive_ptr<websocket_settings> const s(new websocket_settings);
    s->reader = {
        .max_message = limits.max_message,
        .max_fragments = limits.max_fragments,
        .max_ratio = d.max_ratio,
        .ratio_burst = std::max(d.ratio_burst, static_cast<std::uint32_t>(limits.max_message))};
    s->deflate = {.enabled = d.enabled,
                  .server_no_context_takeover = !d.server_context_takeover,
                  .client_no_context_takeover = !d.client_context_takeover,
                  .server_max_window_bits = d.server_window_bits,
                  .client_max_window_bits = d.client_window_bits,
                  .level = d.level,
                  .threshold = d.threshold};
    s->ratio_refill = d.ratio_refill;
    s->write_stall = to_ticks(limits.write_stall);
    s->close_handshake = to_ticks(limits.close_handshake);
    return s;
}

void check_limits(std::string_view p, session_limits const& limits) {
    require_option(limits.max_message >= 1 && limits.max_message <= (1u << 30),
                   p,
                   "limits.max_message must be 1 to 1 GiB");
    require_option(limits.max_queued_bytes >= 1024 && limits.max_queued_bytes <= (1u << 30),
                   p,
                   "limits.max_queued_bytes must be 1 KiB to 1 GiB");
    require_option(
        limits.max_burst_bytes <= (1u << 30), p, "limits.max_burst_bytes must be at most 1 GiB");
    require_option(limits.burst_grace.count() >= 0, p, "limits.burst_grace must not be negative");
    require_option(limits.write_stall.count() > 0, p, "limits.write_stall must be positive");
    require_option(
        limits.close_handshake.count() > 0, p, "limits.close_handshake must be positive");
    require_option(
        limits.authorize_timeout.count() > 0, p, "limits.authorize_timeout must be positive");
    for (auto const rate : {limits.max_messages_per_second,
                            limits.message_burst,
                            limits.max_bytes_per_second,
                            limits.byte_burst})
        require_option(rate <= (1u << 30), p, "rates and bursts in limits must be at most 2^30");
}

void check_deflate(std::string_view p, deflate_options const& deflate) {
    require_option(deflate.server_window_bits >= 9 && deflate.server_window_bits <= 15,
                   p,
                   "deflate.server_window_bits must be 9 to 15");
    require_option(deflate.client_window_bits >= 9 && deflate.client_window_bits <= 15,
                   p,
                   "deflate.client_window_bits must be 9 to 15");
    require_option(deflate.level >= 0 && deflate.level <= 9, p, "deflate.level must be 0 to 9");
}

}  // namespace

void require_option(bool good, std::string_view prefix, std::string_view what) {
    if (!good)
        throw std::invalid_argument("mount '" + std::string(prefix) + "': " + std::string(what));
}

mount_point::mount_point(mount_place const& at,
                         common_options options,
                         handlers app,
                         bool takes_bodies)
    : route_target(at.prefix, takes_bodies ? options.limits.max_message : 0),
      core_(at.core),
      index_(at.index),
      app_(std::make_shared<handlers const>(std::move(app))),
      options_(std::move(options)),
      origins_{options_.origins},
      websockets_(settings_of(options_.limits, options_.deflate)),
      parts_(core_.shards.size()),
      open_parts_(core_.shards.size()) {
    auto const& p = this->prefix();
    check_limits(p, options_.limits);
    check_deflate(p, options_.deflate);
    for (auto const& entry : origins_.allowed)
        if (auto const wrong = http::check_origin_option(entry)) require_option(false, p, *wrong);
    for (auto const& name : options_.subprotocols)
        require_option(!name.empty() && std::all_of(name.begin(), name.end(), http::is_token_char),
                       p,
                       "subprotocols must be tokens: no blanks, no commas");
}

// -- the sessions of each shard -------------------------------------------------------------------

endpoint_core* mount_point::part(shard& here) const noexcept {
    return parts_[here.index()];
}

void mount_point::open_part(shard& here, endpoint_core& part) noexcept {
    parts_[here.index()] = &part;
}

bool mount_point::close_part(shard& here) noexcept {
    parts_[here.index()] = nullptr;
    return open_parts_.fetch_sub(1) == 1;
}

std::string mount_point::opening_key(std::string_view sid) const {
    return std::to_string(index_).append("/").append(sid);
}

bool mount_point::has_session(shard& here, std::string_view sid) const {
    auto const* const sessions = part(here);
    return sessions && (sessions->find_by_sid(sid) || here.opening().contains(opening_key(sid)));
}

bool mount_point::names_as(route_target const& other) const noexcept {
    return typeid(*this) == typeid(other);
}

void mount_point::count_refused(shard& here, refusal_cause why) const noexcept {
    local(here).numbers().count_refused(why);
}

// -- who may come in ------------------------------------------------------------------------------

http::origin_request mount_point::origin_of(incoming const& in) const noexcept {
    return {.origin_header = in.head.header("origin"),
            .has_origin = in.head.has_header("origin"),
            .sec_fetch_site = in.head.header("sec-fetch-site"),
            .referer = in.head.header("referer"),
            .scheme = in.client.scheme,
            .host = in.client.host,
            .port = in.client.port};
}

bool mount_point::judge_page(incoming const& in, std::string& fields) const {
    auto const from = origin_of(in);
    if (!http::allows_origin(origins_, from) && !asks_to_allow(in, from, false)) return false;
    append_cors(fields, in.head);
    return true;
}

/// Whether the application lets in a page that the list does not.
bool mount_point::asks_to_allow(incoming const& in,
                                http::origin_request const& from,
                                bool originless) const {
    auto const page = http::page_origin(from, originless);
    if (!options_.allow_origin || page.empty()) return false;
    bool allowed = false;
    call_guarded(
        in.here, "allow_origin", [&] { allowed = options_.allow_origin(keep_request(in), page); });
    return allowed;
}

void mount_point::append_cors(std::string& out, http::request_view const& head) const {
    if (!head.has_header("origin")) return;
    out.append("Access-Control-Allow-Origin: ").append(head.header("origin"));
    out.append("\r\nVary: Origin\r\n");
}

bool mount_point::allows_page(incoming const& in, bool originless) const {
    auto const from = origin_of(in);
    if (from.has_origin ? in.page_allowed
                        : !originless || http::allows_originless_get(origins_, from) ||
                              asks_to_allow(in, from, true))
        return true;
    count_refused(in.here, refusal_cause::origin);
    in.here.log().write(
        log_level::info,
        "refused a foreign origin at ",
        prefix(),
        ": ",
        http::explain_refusal(from, originless, in.client.address, in.client.trusted));
    return false;
}

bool mount_point::check_origin(incoming const& in, bool originless) const {
    if (allows_page(in, originless)) return true;
    in.respond(status_of(fault::foreign_origin), "this origin is not allowed\n");
    return false;
}

bool mount_point::has_room(shard& here, exchange& to, no_room const* why) const {
    if (!why) return true;
    count_refused(here, why->cause);
    here.log().write(log_level::info, "refused a client at ", prefix(), ": ", why->limit);
    (void)to.respond({.status = status_of(why->what),
                      .content_type = "text/plain; charset=UTF-8",
                      .fields = "Retry-After: 5\r\n",
                      .body = why->text});
    return false;
}

bool mount_point::check_room(incoming const& in) const {
    in.here.numbers().handshakes.add();
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

}  // namespace anywire

#include "engineio_mount.hpp"

#include "core/fault.hpp"
#include "hooks.hpp"
#include "serve_request.hpp"
#include "shard.hpp"

#include <memory>
#include <utility>

namespace anywire {
namespace {

using engineio::refusal;
using engineio::revision;
using namespace std::chrono_literals;

constexpr auto close_wait = 30s;

/// A request that asks for a WebSocket. An Upgrade to anything else ("h2c", from clients that try)
/// is not for us, and may be ignored (RFC 9110, section 7.8).
bool is_upgrade(incoming const& in) noexcept {
    return in.to.checks_handshake() ||
           (in.head.upgrade && in.head.list_contains("upgrade", "websocket"));
}

/// Nothing for a page's origin, and for what `authorize` has said: those are counted where they are
/// found.
std::optional<refusal_cause> cause_of(refusal why) noexcept {
    switch (why) {
        case refusal::unknown_transport: return refusal_cause::unknown_transport;
        case refusal::unknown_sid: return refusal_cause::unknown_sid;
        case refusal::bad_method: return refusal_cause::bad_method;
        case refusal::bad_request: return refusal_cause::bad_request;
        case refusal::forbidden: return std::nullopt;
        case refusal::unsupported_version: return refusal_cause::unsupported_version;
    }
    return std::nullopt;
}

}  // namespace

engineio_mount::engineio_mount(mount_place const& at,
                               engineio_options options,
                               handlers app,
                               engineio_upper upper)
    : mount_point(at, common_options(options, true), std::move(app), true),
      options_(std::move(options)),
      timing_{.ping_interval = to_ticks(options_.ping_interval),
              .ping_timeout = to_ticks(options_.ping_timeout),
              .upgrade_timeout = to_ticks(options_.upgrade_timeout),
              .close_wait = to_ticks(close_wait)},
      upper_(std::move(upper)),
      uploads_(*this, at.core.hash_key) {
    auto const& p = this->prefix();
    require_option(options_.polling || options_.websocket, p, "polling or websocket must be on");
    require_option(options_.ping_interval.count() > 0, p, "ping_interval must be positive");
    require_option(options_.ping_timeout.count() > 0, p, "ping_timeout must be positive");
    require_option(options_.upgrade_timeout.count() > 0, p, "upgrade_timeout must be positive");
    timing_.on_polling_end = [this](std::string_view sid) {
        if (!this->core().is_going) uploads_.cut(std::string(sid));
    };
    timing_.on_upgrade = std::move(options_.on_upgrade).take();
    timing_.on_packet = std::move(options_.on_packet).take();
    auto const wrong = check_cookie(options_.cookie);
    require_option(wrong.empty(), p, wrong);
}

engineio_session* engineio_mount::find(shard& here, std::string_view sid) const noexcept {
    auto* const sessions = part(here);
    if (!sessions) return nullptr;
    auto* const found = static_cast<engineio_session*>(sessions->find_by_sid(sid));
    return found && !found->is_gone() ? found : nullptr;
}

// -- refusals -------------------------------------------------------------------------------------

void engineio_mount::refuse(
    exchange& to, bool by_upgrade, unsigned status, refusal why, refusal_words with) const {
    auto text = with.text;
    if (text.empty()) text = engineio::message_of(why);
    // The reference's words and its only status for a WebSocket; browsers show neither.
    if (by_upgrade)
        return (void)to.respond({.status = status_of(refusal::bad_request),
                                 .content_type = "text/html",
                                 .fields = with.fields,
                                 .body = text,
                                 .close = true});
    auto const body = engineio::refusal_json(why, text);
    (void)to.respond({.status = status,
                      .content_type = "application/json",
                      .fields = with.fields,
                      .body = body});
}

void engineio_mount::refuse(incoming const& in, refusal why) const {
    notices_.note(in, why, prefix());
    if (auto const cause = cause_of(why)) count_refused(in.here, *cause);
    refuse(in.to, is_upgrade(in), status_of(why), why, {});
    if (!options_.on_connection_error) return;
    auto const request = keep_request(in);
    tell(in.here, request, why, engineio::message_of(why));
}

void engineio_mount::tell(shard& here,
                          request const& of,
                          refusal why,
                          std::string_view text) const {
    connection_error const error{of, static_cast<unsigned>(why), text};
    call_hook(here, "on_connection_error", options_.on_connection_error, error);
}

admission::refuse_fn engineio_mount::refuse_later(incoming const& in) const {
    std::shared_ptr<request const> kept;
    if (options_.on_connection_error) kept = std::make_shared<request const>(keep_request(in));
    return [this, kept, &here = in.here, by_upgrade = is_upgrade(in)](
               exchange& to, unsigned status, std::string_view text, std::string_view fields) {
        refuse(to, by_upgrade, status, refusal::forbidden, {text, fields});
        if (kept) tell(here, *kept, refusal::forbidden, text);
    };
}

bool engineio_mount::is_enabled(engineio::query const& q) const noexcept {
    if (q.transport == "polling") return options_.polling && (!q.jsonp || options_.jsonp);
    return is_websocket(q) && options_.websocket;
}

bool engineio_mount::check_page(incoming const& in, engineio::query const& q) const {
    auto const is_script = q.jsonp.has_value() && in.head.method == "GET";
    if (allows_page(in, is_script)) return true;
    refuse(in, refusal::forbidden);
    return false;
}

// -- routes ---------------------------------------------------------------------------------------

void engineio_mount::serve(incoming const& in) {
    auto const is_bare = in.below.empty() && !options_.add_trailing_slash;
    if (!in.below.starts_with('/') && !is_bare) return in.not_found();
    if (upper_.first && upper_.first(in)) return;
    auto const q = engineio::parse_query(in.head.query);
    if (!check_page(in, q)) return;
    if (in.head.method == "OPTIONS" && (!options_.origins.empty() || options_.allow_origin)) {
        std::string fields;
        append_preflight(fields, options_, in.head);
        if (options_.avoid_204)
            return (void)in.to.respond(
                {.content_type = "text/plain", .fields = fields, .body = "ok"});
        return (void)in.to.respond({.status = 204, .fields = fields});
    }
    if (!is_enabled(q)) return refuse(in, refusal::unknown_transport);
    if (q.sid.empty()) return serve_handshake(in, q);
    auto& owner = core().owner(q.sid);
    if (&owner == &in.here) return serve_session(in, q);
    in.move_to(owner);
}

std::string engineio_mount::session_named_by(std::string_view target) const {
    auto const question = target.find('?');
    if (question == std::string_view::npos) return {};
    return engineio::parse_query(target.substr(question + 1)).sid;
}

void engineio_mount::serve_session(incoming const& in, engineio::query const& q) {
    if (is_upgrade(in)) return serve_upgrade(in, q);
    auto* const s = find(in.here, q.sid);
    if (!s) return serve_unknown(in, q);
    if (is_websocket(q) || !s->is_polling() || s->revision() != revision_of(q))
        return refuse(in, refusal::bad_request);
    if (in.head.method == "GET") return serve_poll(in, q, *s);
    if (in.head.method == "POST") return serve_post(in, *s);
    (void)in.to.respond(
        {.status = status_of(
             fault::engineio_wrong_method)});  // as the reference; the session does not mind
}

/// Another node may have it.
void engineio_mount::serve_unknown(incoming const& in, engineio::query const& q) {
    if (!core().nodes) return refuse(in, refusal::unknown_sid);
    carry(in, {prefix(), q.sid, true}, [this](incoming const& again, other_nodes::claim) {
        refuse(again, refusal::unknown_sid);
    });
}

// -- the upgrade ----------------------------------------------------------------------------------

void engineio_mount::serve_upgrade(incoming const& in, engineio::query const& q) {
    if (!is_websocket(q)) return refuse(in, refusal::bad_request);
    auto* const s = find(in.here, q.sid);
    if (!s) return serve_unknown(in, q);
    if (s->revision() != revision_of(q)) return refuse(in, refusal::bad_request);
    auto terms = check_websocket(in, {});
    if (!terms) return;
    session_base::origin const from{.request = keep_request(in)};
    auto upgrade = make_upgrade(in.here, std::move(terms), from, fields_of_101(in.head), false);
    // One that cannot upgrade gets its WebSocket all the same, and a close: clients in Node have no
    // ear for a refused handshake.
    upgrade.take = [this,
                    among = local(in.here).shared_from_this(),
                    ended = in.here.ended(),
                    &here = in.here,
                    sid = q.sid,
                    subprotocol = upgrade.subprotocol](transport& candidate) -> transport_events* {
        if (*ended) return nullptr;
        auto* const session = find(here, sid);
        if (!session || !options_.upgrades || !session->can_upgrade()) {
            among->numbers().upgrades_tried.add();
            among->numbers().upgrades_failed.add();
            return nullptr;
        }
        session->begin_upgrade(candidate, subprotocol);
        return session;
    };
    in.to.upgrade(std::move(upgrade));
}

// -- new sessions ---------------------------------------------------------------------------------

void engineio_mount::serve_handshake(incoming const& in, engineio::query const& q) {
    if (in.head.method != "GET") return refuse(in, refusal::bad_method);
    if (is_websocket(q) != is_upgrade(in)) return refuse(in, refusal::bad_request);
    if (!q.v4 && !options_.eio3) return refuse(in, refusal::unsupported_version);
    if (!check_room(in)) return;
    if (is_websocket(q)) return open_websocket_session(in, q);
    open_polling(in, q);
}

engineio_session* engineio_mount::make_session(shard& here,
                                               session_base::origin from,
                                               engineio::query const& q,
                                               std::string sid,
                                               bool can_upgrade) {
    engineio_session::setup s;
    s.revision = revision_of(q);
    s.base64 = q.has_b64 || q.jsonp.has_value();
    s.websocket = is_websocket(q);
    s.text = options_.eio3_text;
    s.sid = std::move(sid);
    if (q.jsonp) s.jsonp = q.jsonp->empty() ? "0" : *q.jsonp;
    auto const open = engineio::open_packet(s.sid,
                                            can_upgrade && options_.websocket && options_.upgrades,
                                            options_.ping_interval,
                                            options_.ping_timeout,
                                            limits().max_message);
    s.open = open;
    message_view const first(options_.initial_packet);
    s.initial = options_.initial_packet.empty() ? nullptr : &first;
    auto* const made = new engineio_session(local(here), std::move(from), timing_, std::move(s));
    local(here).add(made);
    return made;
}

void engineio_mount::refuse_sid(shard& here, exchange& to, bool closes) const {
    count_refused(here, refusal_cause::generate_id);
    (void)to.respond({.status = anywire::status_of(fault::unusable_sid), .close = closes});
}

void engineio_mount::open_polling(incoming const& in, engineio::query const& q) {
    auto dress = dress_for(in, q);
    dress.fields = fields_for(in.head);
    // What the application sends at the open comes with the next poll: simple clients take the
    // first answer for the open packet alone.
    dress.max_packets = options_.initial_packet.empty() ? 1 : 2;
    auto open = [this, &here = in.here, q, dress = std::move(dress)](
                    exchange& to, session_base::origin from) mutable {
        if (!check_room(here, to, from.request.remote_address())) return;
        auto sid = choose_sid(here, from.request);
        if (sid.empty()) return refuse_sid(here, to, false);
        append_first(dress.fields, here, from);
        auto* const s = make_session(here, std::move(from), q, std::move(sid), to.can_upgrade());
        dress_for_session(dress, *s);
        append_session_cookie(dress.fields, options_.cookie, s->sid());
        to.limit_stall(write_stall());
        s->attach(*new one_shot_carrier(to, make_poll_dress(std::move(dress)), *s));
    };
    auto const patience = to_ticks(limits().authorize_timeout);
    admit(
        in, local(in.here), patience, std::move(open), [] {}, refuse_later(in));
}

void engineio_mount::open_websocket_session(incoming const& in, engineio::query const& q) {
    auto terms = check_websocket(in, {});
    if (!terms) return;
    auto open =
        [this, &here = in.here, q, terms = std::move(terms), fields = fields_of_101(in.head)](
            exchange& to, session_base::origin from) {
            if (!check_room(here, to, from.request.remote_address())) return;
            auto sid = choose_sid(here, from.request);
            if (sid.empty()) return refuse_sid(here, to, true);
            auto upgrade = make_upgrade(here, terms, from, fields, true);
            from.subprotocol = upgrade.subprotocol;
            become(to, std::move(upgrade), [&](unattached_session& held) {
                auto const* const s = make_session(here, std::move(from), q, std::move(sid), false);
                held.hold(here, local(here), *s);
            });
        };
    auto const patience = to_ticks(limits().authorize_timeout);
    admit(
        in, local(in.here), patience, std::move(open), [] {}, refuse_later(in));
}

std::shared_ptr<mount_point> make_engineio_mount(mount_place const& at,
                                                 engineio_options options,
                                                 handlers app,
                                                 engineio_upper upper) {
    return std::make_shared<engineio_mount>(
        at, std::move(options), std::move(app), std::move(upper));
}

std::shared_ptr<mount_point> make_mount(mount_place const& at,
                                        engineio_options options,
                                        handlers app) {
    return make_engineio_mount(at, std::move(options), std::move(app));
}

}  // namespace anywire

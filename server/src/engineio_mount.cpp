#include "accept_encoding.hpp"
#include "core/base64.hpp"
#include "engineio/handshake.hpp"
#include "engineio/jsonp.hpp"
#include "engineio/query.hpp"
#include "engineio_fields.hpp"
#include "engineio_notices.hpp"
#include "held_post.hpp"
#include "hooks.hpp"
#include "mount_point_open.hpp"
#include "serve_request.hpp"
#include "session/engineio_dress.hpp"
#include "session/engineio_session.hpp"
#include "shard.hpp"
#include "uploads.hpp"

#include <array>
#include <memory>
#include <utility>

namespace anywire {
namespace {

using engineio::refusal;
using engineio::revision;
using namespace std::chrono_literals;

constexpr auto close_wait = 30s;

/// A session id that its owner's shard has drawn: 15 bytes from the CSPRNG, less the bits it takes
/// to hit that shard.
std::string draw_sid(service_core const& core, shard& owner) {
    std::array<unsigned char, 15> bytes{};
    owner.loop().fill_random(bytes);
    for (;; ++bytes.back()) {
        if (bytes.back() == 0) owner.loop().fill_random(bytes);
        std::string sid;
        append_base64(sid, {reinterpret_cast<char const*>(bytes.data()), bytes.size()});
        for (auto& c : sid) c = c == '/' ? '_' : c == '+' ? '-' : c;
        if (&core.owner(sid) == &owner) return sid;
    }
}

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

class engineio_mount final : public mount_point, private uploads::listener {
public:
    engineio_mount(mount_place const& at,
                   engineio_options options,
                   handlers app,
                   std::function<bool(incoming const&)> first);

    void serve(incoming const& in) override;
    bool watch_body(shard& here,
                    http_connection& from,
                    http::request_view const& head,
                    std::unique_ptr<body_watch>& watch) override;
    std::string_view too_long() const noexcept override { return {}; }
    std::string session_named_by(std::string_view target) const override;

private:
    static bool is_websocket(engineio::query const& q) noexcept {
        return q.transport == "websocket";
    }
    static revision revision_of(engineio::query const& q) noexcept {
        return q.v4 ? revision::v4 : revision::v3;
    }
    engineio_session* find(shard& here, std::string_view sid) const noexcept;

    bool is_enabled(engineio::query const& q) const noexcept;
    bool check_page(incoming const& in, engineio::query const& q) const;
    void refuse(incoming const& in, refusal why) const;
    void refuse(
        exchange& to, bool by_upgrade, unsigned status, refusal why, std::string_view text) const;
    void append_cors(std::string& out, http::request_view const& head) const override {
        anywire::append_cors(out, options_, head);
    }

    void tell(shard& here, request const& of, refusal why, std::string_view text) const;

    void serve_session(incoming const& in, engineio::query const& q);
    void serve_poll(incoming const& in, engineio::query const& q, engineio_session& s);
    void serve_post(incoming const& in, engineio_session& s);
    void serve_upgrade(incoming const& in, engineio::query const& q);

    void serve_handshake(incoming const& in, engineio::query const& q);
    void open_polling(incoming const& in, engineio::query const& q);
    void open_websocket_session(incoming const& in, engineio::query const& q);
    engineio_session* make_session(shard& here,
                                   session_base::origin from,
                                   engineio::query const& q);
    admission::refuse_fn refuse_later(incoming const& in) const;

    static std::string fields_for(http::request_view const& head);
    std::string fields_of_101(http::request_view const& head) const;
    engineio_dress dress_for(incoming const& in,
                             std::string const* jsonp,
                             engineio::query const& q) const;
    void on_upload_failed(std::string const& sid, std::string_view why) override;

    engineio_options options_;
    engineio_timing timing_;
    std::function<bool(incoming const&)> first_;
    uploads uploads_;
    mutable engineio_notices notices_{};
};

engineio_mount::engineio_mount(mount_place const& at,
                               engineio_options options,
                               handlers app,
                               std::function<bool(incoming const&)> first)
    : mount_point(at, common_options(options, true), std::move(app), true),
      options_(std::move(options)),
      timing_{.ping_interval = to_ticks(options_.ping_interval),
              .ping_timeout = to_ticks(options_.ping_timeout),
              .upgrade_timeout = to_ticks(options_.upgrade_timeout),
              .close_wait = to_ticks(close_wait)},
      first_(std::move(first)),
      uploads_(*this, at.core.hash_key) {
    auto const& p = this->prefix();
    require_option(options_.polling || options_.websocket, p, "polling or websocket must be on");
    require_option(options_.ping_interval.count() > 0, p, "ping_interval must be positive");
    require_option(options_.ping_timeout.count() > 0, p, "ping_timeout must be positive");
    require_option(options_.upgrade_timeout.count() > 0, p, "upgrade_timeout must be positive");
    timing_.on_polling_end = [this](std::string_view sid) {
        if (!this->core().is_going) uploads_.cut(std::string(sid));
    };
    auto const wrong = check_cookie(options_.cookie);
    require_option(wrong.empty(), p, wrong);
}

engineio_session* engineio_mount::find(shard& here, std::string_view sid) const noexcept {
    auto* const found = static_cast<engineio_session*>(local(here).find_by_wire_id(sid));
    return found && !found->is_gone() ? found : nullptr;
}

// -- refusals -------------------------------------------------------------------------------------

void engineio_mount::refuse(
    exchange& to, bool by_upgrade, unsigned status, refusal why, std::string_view text) const {
    if (text.empty()) text = engineio::message_of(why);
    // The reference's words and its only status for a WebSocket; browsers show neither.
    if (by_upgrade)
        return (void)to.respond(
            {.status = 400, .content_type = "text/html", .body = text, .close = true});
    auto const body = engineio::refusal_json(why, text);
    (void)to.respond({.status = status, .content_type = "application/json", .body = body});
}

void engineio_mount::refuse(incoming const& in, refusal why) const {
    notices_.note(in, why, prefix());
    if (auto const cause = cause_of(why)) count_refused(in.here, *cause);
    refuse(in.to, is_upgrade(in), why == refusal::forbidden ? 403 : 400, why, {});
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
               exchange& to, unsigned status, std::string_view text) {
        refuse(to, by_upgrade, status, refusal::forbidden, text);
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
    if (first_ && first_(in)) return;
    auto const q = engineio::parse_query(in.head.query);
    if (!check_page(in, q)) return;
    if (in.head.method == "OPTIONS" && (!options_.origins.empty() || options_.allow_origin)) {
        std::string fields;
        append_preflight(fields, options_, in.head);
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
    if (!s) return refuse(in, refusal::unknown_sid);
    if (is_websocket(q) || !s->is_polling() || s->revision() != revision_of(q))
        return refuse(in, refusal::bad_request);
    if (in.head.method == "GET") return serve_poll(in, q, *s);
    if (in.head.method == "POST") return serve_post(in, *s);
    (void)in.to.respond({.status = 500});  // as the reference; the session does not mind
}

// -- polling --------------------------------------------------------------------------------------

/// Those that do not depend on the session, nor on the application.
std::string engineio_mount::fields_for(http::request_view const& head) {
    std::string fields("Cache-Control: no-store\r\n");
    auto const agent = head.header("user-agent");
    if (agent.find(";MSIE") != agent.npos || agent.find("Trident/") != agent.npos)
        fields.append("X-XSS-Protection: 0\r\n");
    return fields;
}

std::string engineio_mount::fields_of_101(http::request_view const& head) const {
    auto fields = fields_for(head);
    append_cors(fields, head);
    return fields;
}

engineio_dress engineio_mount::dress_for(incoming const& in,
                                         std::string const* jsonp,
                                         engineio::query const& q) const {
    engineio_dress d;
    d.revision = revision_of(q);
    if (jsonp) d.jsonp = *jsonp;
    d.max_packets = options_.max_packets_per_poll;
    if (options_.compress_polls) d.coding = choose_coding(in.head.header("accept-encoding"));
    d.compress_from = options_.compress_from;
    return d;
}

void engineio_mount::serve_poll(incoming const& in, engineio::query const& q, engineio_session& s) {
    if (s.is_attached()) {
        if (s.end_if_peer_gone()) {
            in.here.loop().flush();
            return refuse(in, refusal::unknown_sid);
        }
        s.on_overlap("overlap from client");
        return (void)in.to.respond({.status = 400});
    }
    if (!check_parking(in)) return;
    auto dress = dress_for(in, s.jsonp(), q);
    dress.fields = fields_for(in.head);
    append_hooked(dress.fields, in, false);
    in.to.limit_stall(write_stall());
    s.attach(*new one_shot_carrier(in.to, make_poll_dress(std::move(dress)), s));
}

void engineio_mount::serve_post(incoming const& in, engineio_session& s) {
    if (!uploads_.check(std::string(s.wire_id()))) return (void)in.to.respond({.status = 400});
    auto const is_binary = in.head.header("content-type") == "application/octet-stream";
    if (is_binary && s.revision() == revision::v4) {
        s.fail_transport();  // "invalid content"
        return (void)in.to.respond({.status = 400});
    }
    auto fields = fields_for(in.head);
    append_hooked(fields, in, false);
    using enum engineio_session::received;
    auto what = taken;
    if (!s.jsonp()) {
        what = s.receive(in.head.body, is_binary);
    } else if (auto const body = engineio::jsonp_body(in.head.body)) {
        what = s.receive(*body, false);
    }
    if (what == no_room) return in.respond(503, "the session is paused\n");
    if (what == too_long) return (void)in.to.respond({.status = 413, .more_fields = fields});
    answer const ok{
        .content_type = "text/html", .more_fields = fields, .body = "ok", .goes_on = s.is_open()};
    if (s.is_open() && s.is_paused()) return (void)new held_post(in.to, s.held(), ok);
    (void)in.to.respond(ok);
}

bool engineio_mount::watch_body(shard& here,
                                http_connection& from,
                                http::request_view const& head,
                                std::unique_ptr<body_watch>& watch) {
    if (head.method != "POST") return true;
    auto q = engineio::parse_query(head.query);
    if (q.sid.empty()) return true;
    watch = uploads_.begin(here, from, std::move(q.sid));
    return watch != nullptr;
}

void engineio_mount::on_upload_failed(std::string const& sid, std::string_view why) {
    if (core().is_going) return;
    auto& owner = core().owner(sid);
    owner.post([this, &owner, sid, why] {
        if (auto* const s = find(owner, sid); s && s->is_polling()) s->on_overlap(why);
    });
}

// -- the upgrade ----------------------------------------------------------------------------------

void engineio_mount::serve_upgrade(incoming const& in, engineio::query const& q) {
    if (!is_websocket(q)) return refuse(in, refusal::bad_request);
    auto* const s = find(in.here, q.sid);
    if (!s) return refuse(in, refusal::unknown_sid);
    if (s->revision() != revision_of(q)) return refuse(in, refusal::bad_request);
    auto terms = check_websocket(in, {});
    if (!terms) return;
    auto const request = keep_request(in);
    auto upgrade = make_upgrade(in.here, std::move(terms), request, fields_of_101(in.head), false);
    // One that cannot upgrade gets its WebSocket all the same, and a close: clients in Node have no
    // ear for a refused handshake.
    upgrade.take = [this, &here = in.here, sid = q.sid, subprotocol = upgrade.subprotocol](
                       transport& wire) -> transport_events* {
        auto* const session = find(here, sid);
        if (!session || !options_.upgrades || !session->can_upgrade()) {
            local(here).numbers().upgrades_tried.add();
            local(here).numbers().upgrades_failed.add();
            return nullptr;
        }
        session->begin_upgrade(wire, subprotocol);
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
                                               engineio::query const& q) {
    engineio_session::setup s;
    s.revision = revision_of(q);
    s.base64 = q.has_b64 || q.jsonp.has_value();
    s.websocket = is_websocket(q);
    s.wire_id = draw_sid(core(), here);
    if (q.jsonp) s.jsonp = q.jsonp->empty() ? "0" : *q.jsonp;
    auto const open = engineio::open_packet(s.wire_id,
                                            !s.websocket && options_.websocket && options_.upgrades,
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

void engineio_mount::open_polling(incoming const& in, engineio::query const& q) {
    auto dress = dress_for(in, nullptr, q);
    dress.fields = fields_for(in.head);
    // What the application sends at the open comes with the next poll: simple clients take the
    // first answer for the open packet alone.
    dress.max_packets = options_.initial_packet.empty() ? 1 : 2;
    auto open = [this, &here = in.here, q, dress = std::move(dress)](
                    exchange& to, session_base::origin from) mutable {
        if (!check_room(here, to, from.request.remote_address())) return;
        if (has_hooks(true)) append_hooked(dress.fields, here, from.request, true);
        auto* const s = make_session(here, std::move(from), q);
        if (s->jsonp()) dress.jsonp = *s->jsonp();
        append_session_cookie(dress.fields, options_.cookie, s->wire_id());
        to.limit_stall(write_stall());
        s->attach(*new one_shot_carrier(to, make_poll_dress(std::move(dress)), *s));
    };
    auto const patience = to_ticks(limits().authorize_timeout);
    admit(
        in, local(in.here), {}, patience, std::move(open), [] {}, refuse_later(in));
}

void engineio_mount::open_websocket_session(incoming const& in, engineio::query const& q) {
    auto terms = check_websocket(in, {});
    if (!terms) return;
    auto open =
        [this, &here = in.here, q, terms = std::move(terms), fields = fields_of_101(in.head)](
            exchange& to, session_base::origin from) {
            if (!check_room(here, to, from.request.remote_address())) return;
            auto upgrade = make_upgrade(here, terms, from.request, fields, true);
            from.subprotocol = upgrade.subprotocol;
            become(to, std::move(upgrade), [&](unattached_session& held) {
                held.hold(*make_session(here, std::move(from), q));
            });
        };
    auto const patience = to_ticks(limits().authorize_timeout);
    admit(
        in, local(in.here), {}, patience, std::move(open), [] {}, refuse_later(in));
}

}  // namespace

std::shared_ptr<mount_point> make_engineio_mount(mount_place const& at,
                                                 engineio_options options,
                                                 handlers app,
                                                 std::function<bool(incoming const&)> first) {
    return std::make_shared<engineio_mount>(
        at, std::move(options), std::move(app), std::move(first));
}

std::shared_ptr<mount_point> make_mount(mount_place const& at,
                                        engineio_options options,
                                        handlers app) {
    return make_engineio_mount(at, std::move(options), std::move(app));
}

}  // namespace anywire

#include "core/ascii.hpp"
#include "core/fault.hpp"
#include "core/form.hpp"
#include "core/json_messages.hpp"
#include "held_post.hpp"
#include "http_response.hpp"
#include "mount_point_open.hpp"
#include "serve_request.hpp"
#include "session/duplex_session.hpp"
#include "session/http_session.hpp"
#include "session/sockjs_dress.hpp"
#include "session/sockjs_frames.hpp"
#include "sockjs/callback.hpp"
#include "sockjs/envelopes.hpp"
#include "sockjs/text.hpp"
#include "sockjs/url.hpp"
#include "sockjs_fields.hpp"
#include "static_path.hpp"

#include <ctime>

namespace anywire {
namespace {

using kind = sockjs::endpoint_kind;

constexpr std::string_view no_cache =
    "Cache-Control: no-store, no-cache, no-transform, must-revalidate, max-age=0\r\n";
// nginx, and what understands its fields, would hold back a stream that it takes for a short
// answer.
constexpr std::string_view no_cache_streamed =
    "Cache-Control: no-store, no-cache, no-transform, must-revalidate, max-age=0\r\n"
    "X-Accel-Buffering: no\r\n";
constexpr std::string_view no_cache_no_sniff =
    "Cache-Control: no-store, no-cache, no-transform, must-revalidate, max-age=0\r\n"
    "X-Content-Type-Options: nosniff\r\n";
constexpr std::string_view text_plain = "text/plain; charset=UTF-8";

std::string_view constant_fields_of(kind k) noexcept {
    switch (k) {
        case kind::xhr: return no_cache;
        case kind::jsonp: return no_cache_no_sniff;
        default: return no_cache_streamed;
    }
}

std::string cache_forever() {
    constexpr std::time_t year = 31'536'000;
    auto const expires = http::http_date(std::time(nullptr) + year);
    std::string fields("Cache-Control: public, max-age=31536000\r\nExpires: ");
    return fields.append(expires.data(), expires.size()).append("\r\n");
}

/// There is no session for a message.
void refuse_message(incoming const& in, bool is_jsonp) {
    std::string fields;
    if (!is_jsonp) append_sockjs_anonymous_cors(fields, in.head);
    (void)in.to.respond({.status = status_of(fault::sockjs_no_session),
                         .content_type = text_plain,
                         .fields = no_cache,
                         .more_fields = fields,
                         .body = "404 Not Found\n"});
}

class sockjs_mount final : public mount_point {
public:
    sockjs_mount(mount_place const& at, sockjs_options options, handlers app);

    void serve(incoming const& in) override;
    bool carries_binary() const noexcept override { return false; }
    std::string_view dialect_name() const noexcept override { return "sockjs"; }
    std::string_view claim() const noexcept override { return claims_the_rest; }
    std::string session_named_by(std::string_view target) const override;

private:
    bool is_enabled(kind k) const noexcept;
    void append_cors(std::string& out, http::request_view const& head) const override {
        append_sockjs_cors(out, head);
    }
    void append_cookie(std::string& out, incoming const& in) const {
        if (options_.cookie) append_sockjs_cookie(out, in.head);
    }

    void serve_enabled(incoming const& in, sockjs::route const& where);
    void serve_preflight(incoming const& in, kind k) const;
    void serve_info(incoming const& in) const;
    void serve_iframe(incoming const& in) const;
    void serve_websocket(incoming const& in, bool raw);

    void serve_receiver(incoming const& in, sockjs::route const& where);
    std::optional<sockjs_dress> read_receiver(incoming const& in, kind k) const;

    void serve_sender(incoming const& in, sockjs::route const& where);
    error_code decode(incoming const& in,
                      bool is_form,
                      std::string& field,
                      json_messages& messages) const;

    sockjs_options options_;
    std::string iframe_page_;
    std::string iframe_etag_;
    http_timing timing_;
    duplex_timing websocket_timing_;
    duplex_timing raw_timing_;  // no `h` messages: a raw WebSocket has no such frame
};

sockjs_mount::sockjs_mount(mount_place const& at, sockjs_options options, handlers app)
    : mount_point(at, common_options(options), std::move(app), true),
      options_(std::move(options)),
      timing_{.heartbeat = to_ticks(options_.heartbeat),
              .disconnect_delay = to_ticks(options_.disconnect_delay)},
      websocket_timing_{.ping_interval = to_ticks(options_.heartbeat),
                        .ping_timeout = to_ticks(options_.heartbeat_timeout),
                        .heartbeat_messages = options_.heartbeat_messages},
      raw_timing_{.ping_interval = to_ticks(options_.heartbeat),
                  .ping_timeout = to_ticks(options_.heartbeat_timeout)} {
    auto const& p = this->prefix();
    require_option(options_.heartbeat.count() > 0, p, "heartbeat must be positive");
    require_option(options_.heartbeat_timeout.count() > 0, p, "heartbeat_timeout must be positive");
    require_option(options_.disconnect_delay.count() > 0, p, "disconnect_delay must be positive");
    require_option(options_.response_limit > 0, p, "response_limit must be positive");
    auto const& url = options_.sockjs_url;
    require_option(url.empty() || url.starts_with('/') || url.starts_with("http"),
                   p,
                   "sockjs_url must start with '/' or 'http'");
    if (url.empty()) return;
    iframe_page_ = sockjs::iframe_page(url);
    iframe_etag_ = sockjs::etag_of(iframe_page_);
}

bool sockjs_mount::is_enabled(kind k) const noexcept {
    switch (k) {
        case kind::none: return false;
        case kind::greeting:
        case kind::info: return true;
        case kind::iframe: return !iframe_page_.empty();
        case kind::raw_websocket: return options_.websocket && options_.raw_websocket;
        case kind::websocket: return options_.websocket;
        case kind::xhr: return options_.xhr_polling;
        case kind::xhr_streaming: return options_.xhr_streaming;
        case kind::eventsource: return options_.eventsource;
        case kind::xhr_send:
            return options_.xhr_polling || options_.xhr_streaming || options_.eventsource ||
                   options_.htmlfile;
        case kind::htmlfile: return options_.htmlfile;
        case kind::jsonp:
        case kind::jsonp_send: return options_.jsonp;
    }
    return false;
}

// -- routes ---------------------------------------------------------------------------------------

void sockjs_mount::serve(incoming const& in) {
    auto const where = sockjs::parse_path(in.below);
    if (!is_enabled(where.kind)) return in.not_found();
    auto const allowed = sockjs::allowed_methods(where.kind);
    auto const& method = in.head.method;
    auto const is_send = where.kind == kind::xhr_send || where.kind == kind::jsonp_send;
    auto const is_post = is_send || where.kind == kind::xhr || where.kind == kind::xhr_streaming;
    if (method == "OPTIONS" && allowed.find("OPTIONS") != std::string_view::npos)
        return serve_preflight(in, where.kind);
    if (method != (is_post ? "POST" : "GET")) {
        std::string fields("Allow: ");
        fields.append(allowed).append("\r\n");
        return (void)in.to.respond({.status = status_of(fault::wrong_method), .fields = fields});
    }
    serve_enabled(in, where);
}

std::string sockjs_mount::session_named_by(std::string_view target) const {
    auto const path = path_of(target);
    return std::string(sockjs::parse_path(path.substr(prefix().size())).session);
}

void sockjs_mount::serve_enabled(incoming const& in, sockjs::route const& where) {
    switch (where.kind) {
        case kind::none: return in.not_found();
        case kind::greeting: return in.respond(200, sockjs::greeting_body);
        case kind::info: return serve_info(in);
        case kind::iframe: return serve_iframe(in);
        case kind::raw_websocket: return serve_websocket(in, true);
        case kind::websocket: return serve_websocket(in, false);
        case kind::xhr:
        case kind::xhr_streaming:
        case kind::eventsource:
        case kind::htmlfile:
        case kind::jsonp: return serve_receiver(in, where);
        case kind::xhr_send:
        case kind::jsonp_send: return serve_sender(in, where);
    }
}

void sockjs_mount::serve_preflight(incoming const& in, kind k) const {
    if (!check_origin(in, false)) return;
    auto fields = cache_forever();
    append_sockjs_anonymous_cors(fields, in.head);
    append_cookie(fields, in);
    fields.append(k == kind::info ? "Access-Control-Allow-Methods: OPTIONS, GET\r\n"
                                  : "Access-Control-Allow-Methods: OPTIONS, POST\r\n");
    fields.append("Access-Control-Max-Age: 31536000\r\n");
    if (options_.avoid_204)
        return (void)in.to.respond({.content_type = text_plain, .fields = fields, .body = "ok"});
    (void)in.to.respond({.status = 204, .fields = fields});
}

void sockjs_mount::serve_info(incoming const& in) const {
    if (!check_origin(in, false)) return;
    std::string fields;
    append_sockjs_anonymous_cors(fields, in.head);
    append_hooked(fields, in);
    auto const body = sockjs::info_json(options_.websocket && in.to.can_upgrade(),
                                        options_.cookie,
                                        in.here.loop().random_u32(),
                                        options_.base_url);
    (void)in.to.respond({.content_type = "application/json; charset=UTF-8",
                         .fields = no_cache,
                         .more_fields = fields,
                         .body = body});
}

void sockjs_mount::serve_iframe(incoming const& in) const {
    if (!check_origin(in, true)) return;
    // Whom a callback lets in stands in one answer only: that is for nobody else.
    auto const asks = static_cast<bool>(options_.allow_origin);
    auto const more = asks ? http::page_origin(origin_of(in), true) : std::string_view{};
    auto fields = asks ? std::string("Cache-Control: no-store\r\n") : cache_forever();
    fields.append("ETag: ").append(iframe_etag_).append("\r\n");
    fields.append("Content-Security-Policy: frame-ancestors ")
        .append(http::frame_ancestors(origins(), more))
        .append("\r\n");
    if (http::etag_matches(in.head.header("if-none-match"), iframe_etag_))
        return (void)in.to.respond({.status = 304, .fields = fields});
    (void)in.to.respond(
        {.content_type = "text/html; charset=UTF-8", .fields = fields, .body = iframe_page_});
}

void sockjs_mount::serve_websocket(incoming const& in, bool raw) {
    constexpr refusals words{.no_handshake = "Not a valid websocket request\n",
                             .wrong_version = "Only supported WebSocket protocol is RFC 6455.\n"};
    if (raw)
        return open_websocket(
            in,
            "websocket-raw",
            words,
            [this](endpoint_core& sessions, session_base::origin from) -> session_base* {
                return new plain_session(sessions, std::move(from), raw_timing_);
            });
    open_websocket(in,
                   "websocket",
                   words,
                   [this](endpoint_core& sessions, session_base::origin from) -> session_base* {
                       return new sockjs_duplex_session(
                           sessions, std::move(from), websocket_timing_);
                   });
}

// -- receiving requests ---------------------------------------------------------------------------

std::optional<sockjs_dress> sockjs_mount::read_receiver(incoming const& in, kind k) const {
    sockjs_dress r{.constant_fields = constant_fields_of(k)};
    auto const scripted = k == kind::htmlfile || k == kind::jsonp;
    if (k == kind::xhr_streaming) r.envelope = sockjs::envelope_kind::xhr_streaming;
    if (k == kind::eventsource) r.envelope = sockjs::envelope_kind::eventsource;
    if (k == kind::htmlfile) r.envelope = sockjs::envelope_kind::htmlfile;
    if (k == kind::jsonp) r.envelope = sockjs::envelope_kind::jsonp;
    if (!check_origin(in, scripted)) return std::nullopt;
    if (scripted) {
        auto callback = sockjs::parse_callback(in.head.query);
        if (callback.error != sockjs::callback_error::none) {
            in.respond(status_of(fault::sockjs_bad_callback),
                       sockjs::callback_message(callback.error),
                       no_cache);
            return std::nullopt;
        }
        r.callback = std::move(callback.value);
        // Says neither: Internet Explorer's htmlfile object, and the protocol's suite.
        if (in.head.has_header("referer") || in.head.has_header("sec-fetch-site"))
            r.head = sockjs::htmlfile_head::careful;
    } else {
        append_sockjs_anonymous_cors(r.fields, in.head);
    }
    append_cookie(r.fields, in);
    return r;
}

void sockjs_mount::serve_receiver(incoming const& in, sockjs::route const& where) {
    auto r = read_receiver(in, where.kind);
    if (!r) return;
    receiver by{sockjs_protocol(), timing_};
    if (r->is_poll())
        by.poll = make_poll_dress(std::move(*r));
    else
        by.stream = make_stream_dress(std::move(*r));
    by.limit = options_.response_limit;
    mount_point::serve_receiver(in, where.session, std::move(by));
}

// -- sending requests -----------------------------------------------------------------------------

// What is decoded here has to outlive the views into it: it goes to `field`.
error_code sockjs_mount::decode(incoming const& in,
                                bool is_form,
                                std::string& field,
                                json_messages& messages) const {
    auto const type = in.head.header("content-type");
    auto media = type.substr(0, type.find(';'));
    while (media.ends_with(' ')) media.remove_suffix(1);
    if (is_form && iequals(media, "application/x-www-form-urlencoded")) {
        field = form_field(in.head.body, "d").value_or(std::string{});
        return messages.decode_array(field);
    }
    for (auto const* known :
         {"", "text/plain", "t", "application/json", "application/xml", "text/xml"})
        if (iequals(media, known)) return messages.decode_array(in.head.body);
    return errc::payload_expected;
}

void sockjs_mount::serve_sender(incoming const& in, sockjs::route const& where) {
    auto const is_jsonp = where.kind == kind::jsonp_send;
    if (!check_origin(in, false)) return;
    auto& owner = core().owner(where.session);
    if (&owner != &in.here) return in.move_to(owner);

    std::string fields;
    if (!is_jsonp) append_sockjs_anonymous_cors(fields, in.head);
    auto const answer_with = [&](unsigned status, std::string_view body) -> answer {
        return {.status = status,
                .content_type = text_plain,
                .fields = no_cache,
                .more_fields = fields,
                .body = body};
    };
    auto const respond = [&](unsigned status, std::string_view body) {
        (void)in.to.respond(answer_with(status, body));
    };
    auto& messages = in.here.loop().decoder();
    std::string field;
    if (auto const wrong = decode(in, is_jsonp, field, messages))
        return respond(
            status_of(fault_of(wrong)),
            wrong == errc::payload_expected ? "Payload expected." : "Broken JSON encoding.");
    auto* const session = static_cast<http_session*>(local(in.here).find_by_sid(where.session));
    if (!session && core().nodes)
        return carry(in,
                     {.mount = prefix(), .sid = where.session},
                     [is_jsonp](incoming const& again, other_nodes::claim) {
                         refuse_message(again, is_jsonp);
                     });
    if (!session) return refuse_message(in, is_jsonp);
    if (auto const taken = session->receive(messages.messages()); !taken)
        return respond(status_of(fault_of(taken.error())), "the session is paused\n");
    append_cookie(fields, in);
    append_hooked(fields, in);
    auto ok = is_jsonp || options_.avoid_204 ? answer_with(200, "ok") : answer_with(204, {});
    ok.goes_on = session->is_open();
    if (session->is_open() && session->is_paused())
        return (void)new held_post(in.to, session->held(), ok);
    (void)in.to.respond(ok);
}

}  // namespace

std::shared_ptr<mount_point> make_mount(mount_place const& at,
                                        sockjs_options options,
                                        handlers app) {
    return std::make_shared<sockjs_mount>(at, std::move(options), std::move(app));
}

}  // namespace anywire

#include "accept_encoding.hpp"
#include "core/fault.hpp"
#include "engineio/jsonp.hpp"
#include "engineio_mount.hpp"
#include "held_post.hpp"
#include "serve_request.hpp"
#include "shard.hpp"

#include <memory>
#include <string>
#include <utility>

/// Polls and POSTs of the sessions of an Engine.IO mount.
namespace anywire {

using engineio::refusal;
using engineio::revision;

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

engineio_dress engineio_mount::dress_for(incoming const& in, engineio::query const& q) const {
    engineio_dress d;
    d.revision = revision_of(q);
    d.has_json = upper_.has_json;
    d.max_packets = options_.max_packets_per_poll;
    if (options_.compress_polls) d.coding = choose_coding(in.head.header("accept-encoding"));
    d.compress_from = options_.compress_from;
    return d;
}

void engineio_mount::dress_for_session(engineio_dress& d, engineio_session const& s) const {
    if (s.jsonp()) d.jsonp = *s.jsonp();
    d.takes_binary = s.takes_binary();
    d.text = &s.text_encoding();
}

void engineio_mount::serve_poll(incoming const& in, engineio::query const& q, engineio_session& s) {
    if (s.is_attached()) {
        if (s.end_if_peer_gone()) {
            in.here.loop().flush();
            return refuse(in, refusal::unknown_sid);
        }
        s.on_overlap("overlap from client");
        return (void)in.to.respond({.status = status_of(fault::overlapping_requests)});
    }
    if (!check_parking(in)) return;
    auto dress = dress_for(in, q);
    dress_for_session(dress, s);
    dress.fields = fields_for(in.head);
    append_hooked(dress.fields, in);
    in.to.limit_stall(write_stall());
    s.attach(*new one_shot_carrier(in.to, make_poll_dress(std::move(dress)), s));
}

void engineio_mount::serve_post(incoming const& in, engineio_session& s) {
    if (!uploads_.check(std::string(s.sid())))
        return (void)in.to.respond({.status = status_of(fault::overlapping_requests)});
    auto const is_binary = in.head.header("content-type") == "application/octet-stream";
    if (is_binary && s.revision() == revision::v4) {
        s.fail_transport();  // "invalid content"
        return (void)in.to.respond({.status = status_of(fault::malformed_request)});
    }
    auto fields = fields_for(in.head);
    append_hooked(fields, in);
    using enum engineio_session::received;
    auto what = taken;
    if (!s.jsonp()) {
        what = s.receive(in.head.body, is_binary);
    } else if (auto const body = engineio::jsonp_body(in.head.body)) {
        what = s.receive(*body, false);
    }
    if (what == no_room)
        return in.respond(status_of(fault::session_paused), "the session is paused\n");
    if (what == too_long)
        return (void)in.to.respond(
            {.status = status_of(fault::body_too_long), .more_fields = fields});
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
    watch = uploads_.begin(here, from, std::move(q.sid), shared_from_this());
    return watch != nullptr;
}

void engineio_mount::on_upload_failed(std::string const& sid, std::string_view why) {
    if (core().is_going) return;
    auto& owner = core().owner(sid);
    owner.post([this, self = shared_from_this(), &owner, sid, why] {
        if (auto* const s = find(owner, sid); s && s->is_polling()) s->on_overlap(why);
    });
}

}  // namespace anywire

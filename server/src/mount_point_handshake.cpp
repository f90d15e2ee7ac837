#include "core/ascii.hpp"
#include "core/fault.hpp"
#include "hooks.hpp"
#include "http_connection.hpp"
#include "mount_point_open.hpp"
#include "websocket/handshake.hpp"

#include <algorithm>

/// The opening handshake of WebSockets, on mounts of every dialect.
namespace anywire {
namespace {

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

void mount_point::append_hooked(std::string& out,
                                shard& here,
                                request const& of,
                                bool is_first) const {
    response_headers added;
    if (is_first) call_hook(here, "initial_headers", options_.initial_headers, of, added);
    call_hook(here, "headers", options_.headers, of, added);
    out.append(added.text());
}

void mount_point::append_hooked(std::string& out, incoming const& in, bool is_first) const {
    if (has_hooks(is_first)) append_hooked(out, in.here, keep_request(in), is_first);
}

std::shared_ptr<websocket_terms const> mount_point::check_websocket(incoming const& in,
                                                                    refusals const& words) const {
    if (!in.to.can_upgrade()) {
        count_refused(in.here, refusal_cause::cannot_upgrade);
        in.respond(status_of(fault::cannot_upgrade), "this server has no WebSockets\n");
        return nullptr;
    }
    auto terms = std::make_shared<websocket_terms>();
    terms->settings = websockets_;
    if (in.to.checks_handshake()) return terms;
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
        // A body belongs to no handshake.
        auto const what = wrong ? fault_of(wrong) : fault::not_a_websocket;
        auto const version_only = what == fault::wrong_websocket_version;
        count_refused(
            in.here,
            version_only ? refusal_cause::unsupported_version : refusal_cause::bad_handshake);
        in.respond(status_of(what),
                   version_only ? words.wrong_version : words.no_handshake,
                   version_only ? "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                                : "Sec-WebSocket-Version: 13\r\n");
        return nullptr;
    }
    std::string extensions;
    terms->deflate = websocket::negotiate_deflate(
        joined(in.head, "sec-websocket-extensions"), websockets_->deflate, extensions);
    auto& out = terms->handshake;
    out.append("Sec-WebSocket-Accept: ").append(websocket::accept_key(key)).append("\r\n");
    if (!extensions.empty())
        out.append("Sec-WebSocket-Extensions: ").append(extensions).append("\r\n");
    return terms;
}

std::string mount_point::choose_subprotocol(shard& here, request const& of) const {
    auto const offered = of.subprotocols();
    if (offered.empty()) return {};
    if (!options_.choose_subprotocol) {
        if (options_.takes_first_offered) return std::string(offered.front());
        return std::string(websocket::choose_subprotocol(offered, options_.subprotocols));
    }
    std::string chosen;
    call_guarded(
        here, "choose_subprotocol", [&] { chosen = options_.choose_subprotocol(of, offered); });
    if (chosen.empty() || std::find(offered.begin(), offered.end(), chosen) != offered.end())
        return chosen;
    here.log().write(log_level::error,
                     "choose_subprotocol at ",
                     prefix(),
                     " chose what the client does not offer");
    return {};
}

websocket_upgrade mount_point::make_upgrade(shard& here,
                                            std::shared_ptr<websocket_terms const> terms,
                                            request const& of,
                                            std::string fields,
                                            bool is_first) const {
    websocket_upgrade upgrade;
    upgrade.name = "websocket";
    upgrade.subprotocol = choose_subprotocol(here, of);
    upgrade.fields = std::move(fields);
    if (has_hooks(is_first)) append_hooked(upgrade.fields, here, of, is_first);
    upgrade.max_message = options_.limits.max_message;
    upgrade.terms = std::move(terms);
    return upgrade;
}

}  // namespace anywire

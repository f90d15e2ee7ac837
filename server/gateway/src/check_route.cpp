#include "core/ascii.hpp"
#include "core/log_text.hpp"
#include "core/utf8.hpp"
#include "forward_fields.hpp"
#include "origin.hpp"
#include "problem_list.hpp"
#include "text_template.hpp"

#include <algorithm>
#include <string>

namespace anywire::gateway {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_bytes = 1u << 30;
constexpr std::size_t max_reason = 123;  // of a close frame

/// A path as a request can have it, that no browser or proxy writes otherwise.
bool is_plain_path(std::string_view path) {
    if (!path.starts_with('/') || path.size() > 1'024) return false;
    auto const is_good = [](char c) {
        return is_alpha(c) || is_digit(c) ||
               std::string_view("/-._~!$&'()*+,;=:@").find(c) != std::string_view::npos;
    };
    if (!std::ranges::all_of(path, is_good)) return false;
    while (!path.empty()) {
        path.remove_prefix(1);
        auto const segment = path.substr(0, std::min(path.find('/'), path.size()));
        if (segment == "." || segment == "..") return false;
        path.remove_prefix(segment.size());
        if (segment.empty() && !path.empty()) return false;
    }
    return true;
}

bool is_field_name(std::string_view name) {
    return !name.empty() && std::ranges::all_of(name, [](char c) { return is_token_char(c); });
}

void check_front(problem_list& to, std::string const& key, route_settings const& r) {
    if (!is_plain_path(r.path))
        to.add(key + ".path",
               "the path " + shown(r.path) + " is not one that a request can have",
               r.path.starts_with('/')
                   ? "write it as /live or /chat/live, of A-Z, a-z, 0-9, - and _"
                   : "begin it with '/', as /live");
    if (!r.sockjs && !r.engineio && !r.websocket)
        to.add(key + ".fronts",
               "nothing says what clients speak",
               "write fronts = [\"sockjs\", \"engineio\", \"websocket\"], or some of them");
    for (std::size_t i = 0; i < r.origins.size(); ++i)
        if (auto const wrong = http::check_origin_option(r.origins[i]))
            to.add(item_key(key + ".origins", i),
                   *wrong,
                   "write it as https://example.com, https://*.example.com or *");
    to.check_time(key + ".heartbeat", r.heartbeat, 1ms);
    to.check_time(key + ".heartbeat_timeout", r.heartbeat_timeout, 1ms);
    to.check_size(key + ".sockjs_response_limit", r.sockjs_response_limit, 1, most_bytes);
    if (!r.engineio_cookie.empty() && !is_field_name(r.engineio_cookie))
        to.add(key + ".engineio_cookie",
               shown(r.engineio_cookie) + " is no name of a cookie",
               "write it as io, of letters, digits and '-'");
    auto const& url = r.sockjs_url;
    if (!url.empty() && !url.starts_with('/') && !url.starts_with("http://") &&
        !url.starts_with("https://"))
        to.add(key + ".sockjs_url",
               shown(url) + " is no URL of a script",
               "write it as https://example.com/sockjs.min.js or /sockjs.min.js");
}

void check_template(problem_list& to, std::string const& key, std::string const& text) {
    std::string error;
    if (!text_template::parse(text, error))
        to.add(key,
               error,
               "write variables as {path}, {query}, {query.NAME}, {cookie.NAME}, {header.NAME} or "
               "{address}, and a brace as {{");
}

void check_forward(problem_list& to, std::string const& route, route_settings const& r) {
    auto const key = route + ".forward";
    auto const check_name = [&](std::string const& at, std::string const& name) {
        if (!is_field_name(name))
            to.add(at, shown(name) + " is not the name of a field", "write it as X-Name");
        else if (is_connection_field(name))
            to.add(
                at, name + " is about the connection, and the gateway writes it", "leave it out");
    };
    auto const& f = r.forward;
    for (std::size_t i = 0; i < f.headers.size(); ++i)
        check_name(item_key(key + ".headers", i), f.headers[i]);
    auto const set = key + ".set.";
    for (auto const& [name, value] : f.set) {
        check_name(set + name, name);
        check_template(to, set + name, value);
    }
    for (std::size_t i = 0; i < f.default_subprotocols.size(); ++i)
        if (!is_field_name(f.default_subprotocols[i]))
            to.add(item_key(key + ".default_subprotocols", i),
                   shown(f.default_subprotocols[i]) + " is not the name of a subprotocol",
                   "write it as graphql-transport-ws");
    if (f.proxy != proxy_header::none && r.kind != backend_kind::websocket &&
        r.kind != backend_kind::stream)
        to.add(key + ".proxy",
               "only connections of a client's own can begin with a PROXY header",
               "leave it out: it is for ws://, wss://, ws+unix:, tcp:// and unix:");
}

void check_loss(problem_list& to, std::string const& route, loss_settings const& l) {
    auto const key = route + ".loss";
    to.check_time(key + ".hold", l.hold, 0ms);
    to.check_size(key + ".max_held_bytes", l.max_held_bytes, 0, most_bytes);
    if (!may_be_sent(l.code))
        to.add(key + ".code",
               std::to_string(static_cast<unsigned>(l.code)) + " is no code of a close frame",
               "write 1000 to 1003, 1007 to 1014, or 3000 to 4999");
    if (l.reason.size() > max_reason || !is_utf8(l.reason))
        to.add(key + ".reason",
               "the reason does not fit a close frame",
               "write at most 123 bytes of UTF-8");
}

void check_session_limits(problem_list& to, std::string const& route, session_limits const& l) {
    auto const key = route + ".limits";
    to.check_size(key + ".max_message", l.max_message, 1, most_bytes);
    to.check_size(key + ".max_queued_bytes", l.max_queued_bytes, 1u << 10, most_bytes);
    to.check_size(key + ".max_burst_bytes", l.max_burst_bytes, 0, most_bytes);
    to.check_time(key + ".burst_grace", l.burst_grace, 0ms);
    to.check_number(key + ".max_messages_per_second", l.max_messages_per_second, 0, most_bytes);
    to.check_number(key + ".message_burst", l.message_burst, 0, most_bytes);
    to.check_size(key + ".max_bytes_per_second", l.max_bytes_per_second, 0, most_bytes);
    to.check_size(key + ".byte_burst", l.byte_burst, 0, most_bytes);
    to.check_time(key + ".write_stall", l.write_stall, 1ms);
    to.check_time(key + ".close_handshake", l.close_handshake, 1ms);
}

}  // namespace

void check_route(problem_list& to, std::string const& key, route_settings const& r) {
    check_front(to, key, r);
    check_route_backends(to, key, r);
    check_forward(to, key, r);
    check_loss(to, key, r.loss);
    auto const environment = key + ".program.environment.";
    for (auto const& [name, value] : r.program.environment)
        check_template(to, environment + name, value);
    check_session_limits(to, key, r.limits);
}

}  // namespace anywire::gateway

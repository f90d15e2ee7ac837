// SockJS, plain WebSocket and Engine.IO mounts.
#include <anywire/socketio/json.hpp>

#include "conformance.hpp"

#include <cmath>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>

namespace conformance {

using namespace std::chrono_literals;
using anywire::endpoint;
using anywire::handlers;
using anywire::message_view;
using anywire::session;
using anywire::sockjs_options;

handlers echo() {
    return {.on_message = [](session& s, message_view m) { s.send(m); }};
}

namespace {

std::string amplified(std::string_view text) {
    auto n = std::floor(std::strtod(std::string(text).c_str(), nullptr));
    if (!(n >= 1 && n <= 18)) n = 1;
    return std::string(std::size_t{1} << static_cast<unsigned>(n), 'x');
}

void tick(session& s) {
    s.after(1s, [](session& self) {
        self.send("tick!");
        tick(self);
    });
}

}  // namespace

void mount_sockjs(anywire::server& server, command_line const& a) {
    sockjs_options const defaults{.limits = {.max_message = a.max_payload},
                                  .origins = a.origins,
                                  .htmlfile = true,
                                  .jsonp = true,
                                  .sockjs_url = "/static/sockjs.js",
                                  .avoid_204 = a.avoid_204};
    auto options = defaults;
    options.response_limit = 4096;
    server.mount("/echo", options, echo());
    options = defaults;
    options.websocket = false;
    server.mount("/disabled_websocket_echo", options, echo());
    options = defaults;
    options.cookie = true;
    server.mount("/cookie_needed_echo", options, echo());
    server.mount("/close", defaults, {.on_open = [](session& s) {
                     s.close(anywire::close_code{3000}, "Go away!");
                 }});
    server.mount("/amplify", defaults, {.on_message = [](session& s, message_view m) {
                     s.send(amplified(m.data));
                 }});
    server.mount("/ticker", defaults, {.on_open = tick});
    auto const all = std::make_shared<endpoint>();
    *all = server.mount("/broadcast", defaults, {.on_message = [all](session&, message_view m) {
                            all->broadcast(m);
                        }});
}

/// Address, scheme, and the subject and fingerprint of the certificate, a line each.
std::string who(anywire::request const& r) {
    std::string out(r.remote_address());
    out.append(r.is_secure() ? "\nhttps\n" : "\nhttp\n");
    if (auto const c = r.certificate()) out.append(c->subject).append("\n").append(c->fingerprint);
    return out;
}

void mount_websocket(anywire::server& server, command_line const& a) {
    anywire::websocket_options const echo_options{
        .limits = {.max_message = 16u << 20, .max_queued_bytes = 64u << 20, .max_fragments = 0},
        .origins = a.origins,
        .subprotocols = {"echo.v1", "echo.v2"},
        .deflate = {.enabled = true}};
    server.mount("/ws", echo_options, echo());
    auto const all = std::make_shared<endpoint>();
    *all = server.mount(
        "/ws/broadcast",
        anywire::websocket_options{.limits = {.max_message = a.max_payload}, .origins = a.origins},
        {.on_message = [all](session&, message_view m) { all->broadcast(m); }});
    server.mount("/ws/who",
                 anywire::websocket_options{.origins = a.origins},
                 {.on_open = [](session& s) { (void)s.send(who(s.request())); }});
}

// -- Engine.IO ------------------------------------------------------------------------------------

anywire::engineio_options engineio_options_of(command_line const& a) {
    anywire::engineio_options o;
    o.limits.max_message = a.max_payload;
    o.limits.max_queued_bytes = 64u << 20;
    o.origins = a.origins;
    o.eio3 = a.profile != "protocol";  // the official suites expect it to be refused
    o.jsonp = true;
    o.avoid_204 = a.avoid_204;
    o.ping_interval = a.ping_interval;
    o.ping_timeout = a.ping_timeout;
    o.max_packets_per_poll = a.max_packets_per_poll;
    return o;
}

void mount_engineio(anywire::server& server, command_line const& a) {
    server.mount("/engine.io/", engineio_options_of(a), echo());
}

/// All three on one path; each says which it is.
void mount_shared(anywire::server& server, command_line const& a) {
    auto const saying = [](std::string name) -> handlers {
        return {.on_message = [name](session& s, message_view m) {
            s.send(name + ": " + std::string(m.data));
        }};
    };
    server.mount("/shared", anywire::websocket_options{.origins = a.origins}, saying("websocket"));
    server.mount("/shared", sockjs_options{.origins = a.origins}, saying("sockjs"));
    server.mount("/shared", engineio_options_of(a), saying("engineio"));
}

namespace {

std::string http_date_now() {
    auto const now = std::time(nullptr);
    std::tm utc{};
    gmtime_r(&now, &utc);
    char text[64];
    std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc);
    return text;
}

std::string headers_as_json(anywire::request const& r) {
    std::string text;
    anywire::socketio::json_writer out(text);
    out.begin_object();
    r.for_each_header([&](std::string_view name, std::string_view value) {
        std::string lower(name);
        for (auto& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        out.key(lower);
        out.string(value);
    });
    out.end_object();
    return text;
}

// The request that is being served on this shard: the hook runs right before its messages come.
thread_local std::string latest_headers;

void on_client_test(session& s, message_view m) {
    constexpr char bytes[] = {0, 1, 2, 3, 4};
    if (m.data == "give binary")
        s.send({{bytes, sizeof bytes}, true});
    else if (m.data == "give utf8")
        s.send("пойду спать всем спокойной ночи");
    else if (m.data == "sendHeaders")
        s.send(latest_headers);
    else
        s.send(m);
}

}  // namespace

void mount_engineio_client(anywire::server& server, command_line const& a) {
    auto o = engineio_options_of(a);
    o.initial_headers = [](anywire::request const&, anywire::response_headers& add) {
        add.add("Set-Cookie", "1=1; Max-Age=86400");
        add.add("Set-Cookie", "2=2; Path=/; HttpOnly; Secure; SameSite=Strict");
        add.add("Set-Cookie", "3=3; Max-Age=0");
        add.add("Set-Cookie", "4=4; Expires=" + http_date_now());
    };
    o.headers = [](anywire::request const& r, anywire::response_headers&) {
        latest_headers = headers_as_json(r);
    };
    server.mount("/engine.io/",
                 o,
                 {.on_open = [](session& s) { s.send("hi"); },
                  .on_message = on_client_test,
                  .authorize =
                      [](anywire::request const& r, anywire::decision d) {
                          r.query_value("deny") ? d.refuse() : d.accept();
                      }});
}

}  // namespace conformance

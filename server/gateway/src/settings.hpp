#pragma once

#include <anywire/limits.hpp>
#include <anywire/listener.hpp>
#include <anywire/log.hpp>
#include <anywire/options.hpp>
#include <anywire/service.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What the gateway is told to do, by flags or by a file. Plain data: `check_settings` says what is
/// wrong with it.
namespace anywire::gateway {

/// What a backend speaks.
enum class backend_kind : std::uint8_t {
    websocket,  ///< "ws://host:port/path", "wss://..." or "ws+unix:/path/of/socket:/path".
    engineio,   ///< "engineio://host:port/path/" or "engineios://...": Engine.IO, as Socket.IO uses
                ///< it.
    program,    ///< "stdio:PROGRAM ARGUMENTS": one process a session.
    hooks,      ///< "http://..." or "https://...": a POST for each event.
    stream,     ///< "tcp://host:port" or "unix:/path/of/socket": lines or length-prefixed messages.
};

/// One server among those that a route may use.
struct backend_address {
    std::string url{};
    unsigned weight = 1;  ///< 1 to 1 000: its share of the sessions.
};

/// When a backend counts as healthy.
struct health_settings {
    /// Passive: so many failures in a row to open a session make it unhealthy for `retry_after`. 0
    /// is never. Default 3.
    unsigned max_failures = 3;
    std::chrono::milliseconds retry_after{10'000};
    /// Active: how often it is asked; 0 (the default) is never.
    std::chrono::milliseconds check_interval{0};
    std::chrono::milliseconds check_timeout{2'000};
    /// What is asked: a path that a GET has to answer with 200 to 399; empty: that it takes a
    /// connection.
    std::string check_path{};
    unsigned fall = 3;  ///< Failed checks in a row that make it unhealthy.
    unsigned rise = 2;  ///< Good ones that make it healthy again.
    /// A server that has become healthy gets its full share only after so long. Default 0.
    std::chrono::milliseconds slow_start{0};
};

/// Which PROXY header a backend's connections begin with.
enum class proxy_header : std::uint8_t { none, v1, v2 };

/// What of a client's request goes through to its backend.
struct forward_settings {
    /// Fields of the client's request that go through as they are.
    std::vector<std::string> headers{
        "Accept-Language", "Authorization", "Cookie", "Origin", "User-Agent"};
    /// Further fields; values are templates (text_template.hpp).
    std::vector<std::pair<std::string, std::string>> set{};
    bool x_forwarded = true;  ///< X-Forwarded-For, -Proto, -Host and -Port.
    bool forwarded = false;   ///< Forwarded (RFC 7239).
    /// Anywire-Session, -Transport and -Dialect, and Anywire-Resume for a session that lost its
    /// backend.
    bool session_fields = true;
    bool subprotocols = true;  ///< The client's offer; what the backend chooses is the client's.
    /// Offered for clients of SockJS and Engine.IO that cannot offer any themselves.
    std::vector<std::string> default_subprotocols{};
    bool set_cookie = true;  ///< Set-Cookie of the backend's handshake goes to the client.
    proxy_header proxy = proxy_header::none;
};

/// What becomes of a session whose backend has gone without a goodbye.
struct loss_settings {
    /// How long the client is held while another connection is tried; 0 (the default) ends the
    /// session at once.
    std::chrono::milliseconds hold{0};
    std::size_t max_held_bytes = 256u << 10;  ///< What a held client may have sent meanwhile.
    close_code code = close_code::service_restart;
    std::string reason = "the server behind the gateway has gone";
};

/// How bytes become messages over `backend_kind::stream` and `program`.
enum class framing_kind : std::uint8_t {
    lines,     ///< A message a line; a message that holds a line end is refused.
    length32,  ///< Four bytes of length, big endian, then the message.
};

struct stream_settings {
    framing_kind framing = framing_kind::lines;
    /// Whether messages from the backend are binary; what clients send may be either.
    bool binary = false;
};

struct program_settings {
    std::string folder{};  ///< Where programs run; empty: where the gateway does.
    /// Further variables of the environment; values are templates.
    std::vector<std::pair<std::string, std::string>> environment{};
    std::size_t max_processes = 100;  ///< Beyond: 503.
    /// How long a program may live after its input has ended; then SIGTERM, and after so long again
    /// SIGKILL.
    std::chrono::milliseconds end_grace{2'000};
};

struct hooks_settings {
    std::string publish_path{};    ///< Where the application POSTs what clients shall get; on the
                                   ///< admin listener.
    std::string publish_secret{};  ///< "Authorization: Bearer ..." of those POSTs; never empty.
    std::string secret{};  ///< Signs what the gateway sends: HMAC-SHA256 in Anywire-Signature.
    std::chrono::milliseconds timeout{10'000};
    std::size_t max_in_flight = 64;  ///< POSTs at once over all sessions of a shard.
};

/// A path, who may use it, and what is behind it.
struct route_settings {
    std::string path = "/";
    bool sockjs = false;
    bool engineio = false;
    bool websocket = false;
    backend_kind kind = backend_kind::websocket;
    std::vector<backend_address> backends{};

    health_settings health{};
    forward_settings forward{};
    loss_settings loss{};
    stream_settings stream{};
    program_settings program{};
    hooks_settings hooks{};

    /// How long a backend may take to let a session in; beyond, 504. Default 5 s.
    std::chrono::milliseconds connect_timeout{5'000};
    /// Between two pings to a WebSocket backend; 0 is none. Default 25 s.
    std::chrono::milliseconds ping_interval{25'000};
    /// Of a backend's certificate: files of PEM; empty: the system's.
    std::string backend_ca{};
    bool backend_verify = true;
    /// Over SockJS, which has no binary: sends base64 in place of bytes; off: ends the session with
    /// 1003.
    bool sockjs_base64 = false;

    /// Limits of clients' sessions. The gateway's defaults are tighter than the library's.
    session_limits limits{.max_message = 1u << 20,
                          .max_queued_bytes = 256u << 10,
                          .overflow = overflow_policy::refuse,
                          .max_burst_bytes = 256u << 10};
    origin_list origins{};
    std::chrono::milliseconds heartbeat{25'000};
    std::chrono::milliseconds heartbeat_timeout{20'000};
    bool compress = false;     ///< permessage-deflate with clients.
    std::string sockjs_url{};  ///< As in `sockjs_options`, and so are the next three.
    bool sockjs_cookie = false;
    bool sockjs_websocket = true;
    std::size_t sockjs_response_limit = 128u << 10;
    /// Name of the cookie with the id of an Engine.IO session, as `cookie_options::name`.
    std::string engineio_cookie{};
    /// JSONP and htmlfile of SockJS, JSONP of Engine.IO, and 200 in the place of 204.
    bool jsonp = false;
    bool eio3 = true;  ///< Engine.IO 3, for old clients.
};

/// What is served beside routes.
struct site_settings {
    std::string files{};    ///< A folder, at "/"; empty: none.
    std::string pass_to{};  ///< "http://host:port": all that nothing else is there for.
    std::size_t max_body = 1u << 20;
    std::chrono::milliseconds timeout{30'000};
    bool shim = true;  ///< Serves the browser's WebSocket that falls back, at "/anywire.js".
};

enum class log_format : std::uint8_t { text, json };

struct log_settings {
    log_format format = log_format::text;
    log_level level = log_level::info;
    std::string access_file{};  ///< Empty: standard output; "-" : none.
};

/// Of the listener for operators, which is there where any of it is named.
struct admin_settings {
    std::string address{};   ///< A literal IP address; empty: 127.0.0.1.
    std::uint16_t port = 0;  ///< 0: one that is free.
    std::string path{};      ///< A Unix domain socket in their place.

    bool is_wanted() const noexcept { return port != 0 || !(address.empty() && path.empty()); }
    std::string address_or_default() const { return address.empty() ? "127.0.0.1" : address; }
};

/// Sockets that systemd listens at and passes on (socket activation).
struct systemd_settings {
    std::string name{};  ///< `FileDescriptorName=` of the socket unit; empty: all it has passed.
    tls_options tls{};
    anywire::proxy_protocol proxy_protocol = anywire::proxy_protocol::off;
};

struct gateway_settings {
    std::vector<listener_options> listeners{};  ///< `listeners_of` has those of `systemd`, too.
    unsigned threads = 1;                       ///< As in `server_options`: 0 is one per core.
    std::vector<std::string> trusted_proxies{};
    proxy_fields proxy_style = proxy_fields::any;
    std::vector<std::string> hosts{};
    server_limits limits{.max_connections_per_address = 256,
                         .max_sessions_per_address = 256,
                         .max_handshakes_per_second_per_address = 50};
    std::chrono::milliseconds drain{10'000};
    std::chrono::milliseconds drain_spread{0};  ///< As `drain_options::spread`.
    /// Before a drain: as long as balancers need to see that the gateway is not ready. It serves as
    /// before meanwhile. Default 0.
    std::chrono::milliseconds drain_delay{0};
    admin_settings admin{};
    log_settings log{};
    site_settings site{};
    std::vector<route_settings> routes{};
    std::vector<systemd_settings> systemd{};
};

/// Fills in what follows from the rest, as whoever reads settings does at the end: the kind of each
/// route from its first backend, and the listener 127.0.0.1:8080 where there is none.
void complete(gateway_settings& s);

/// All places to listen at: `listeners`, then what systemd has passed for each of `systemd`.
///
/// Thread: nobody may change the environment meanwhile.
/// Throws: `std::invalid_argument` where systemd has passed nothing of that name.
[[nodiscard]] std::vector<listener_options> listeners_of(gateway_settings const& s);

/// Something that is wrong with the settings.
struct settings_problem {
    /// What it is about, as a path in the file: "route[0].backend[1].url".
    std::string key{};
    std::string text{};    ///< What is wrong, in one sentence.
    std::string remedy{};  ///< What to write in its place.
};

/// Everything that is wrong, in the order of the file; empty when the settings can be used. Looks
/// at no file and no address.
[[nodiscard]] std::vector<settings_problem> check_settings(gateway_settings const& s);

/// The kind of backend that a URL names; by its scheme.
[[nodiscard]] std::optional<backend_kind> kind_of(std::string_view url) noexcept;

}  // namespace anywire::gateway

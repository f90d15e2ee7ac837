#pragma once

#include <anywire/limits.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace anywire {

/// permessage-deflate (RFC 7692). Off by default: it costs memory (up to 300 KB a connection with
/// context takeover) and CPU.
struct deflate_options {
    bool enabled = false;
    /// Whether each side may refer to earlier messages; without it a connection holds no window.
    bool server_context_takeover = true;
    bool client_context_takeover = true;
    int server_window_bits = 15;    ///< 9-15.
    int client_window_bits = 15;    ///< 9-15; applied when the client lets us choose.
    int level = 6;                  ///< 0-9, as in zlib.
    std::size_t threshold = 1'024;  ///< Shorter messages (bytes) go uncompressed.
};

/// Who may connect, by the Origin that browsers send. The same list guards every transport.
///
/// Empty (the default): the request's own scheme, host and port only. Entries are exact origins
/// ("https://example.com", "http://localhost:3000"), one wildcard below a domain
/// ("https://*.example.com"), or "*" for all. Clients that send no Origin are no browsers and
/// are served.
using origin_list = std::vector<std::string>;

/// A mount that speaks plain WebSocket (RFC 6455).
struct websocket_options {
    session_limits limits{};
    origin_list origins{};
    /// Subprotocols known here; of those the client offers its first one is chosen.
    std::vector<std::string> subprotocols{};
    deflate_options deflate{};
    /// Silence after which a ping is sent. Default 25 s; 0 sends none.
    std::chrono::milliseconds ping_interval{25'000};
    /// Silence after a ping that ends the session as `heartbeat_timeout`. Default 20 s.
    std::chrono::milliseconds ping_timeout{20'000};
};

/// A mount that speaks SockJS 0.3: every transport of it, each to be switched.
struct sockjs_options {
    session_limits limits{};
    origin_list origins{};

    bool websocket = true;      ///< `/<server>/<session>/websocket`
    bool raw_websocket = true;  ///< `/websocket`; off whenever `websocket` is.
    bool xhr_streaming = true;
    bool eventsource = true;
    bool xhr_polling = true;
    bool htmlfile = false;  ///< Runs script from a GET: switch on for old browsers only.
    bool jsonp = false;     ///< The same.

    /// URL of the sockjs-client script for the iframe transports; it must be the version the page
    /// uses. No default: without it the iframe page is 404.
    std::string sockjs_url{};
    /// Sent as `base_url` by `/info`: where the client shall go for its transports.
    std::string base_url{};
    /// Sets a JSESSIONID cookie for load balancers with sticky sessions.
    bool cookie = false;

    /// Between two heartbeats. Default 25 s; keep it under 35 s, the client's JSONP timer.
    std::chrono::milliseconds heartbeat{25'000};
    /// Silence after a ping that ends a WebSocket as `heartbeat_timeout`. Default 10 s.
    std::chrono::milliseconds heartbeat_timeout{10'000};
    /// Sends heartbeats on WebSocket as `h` messages, which browsers' code sees, beside the pings.
    bool heartbeat_messages = false;
    /// How long a session outlives its last request. Default 5 s.
    std::chrono::milliseconds disconnect_delay{5'000};
    /// Bytes after which a streaming response ends, to be asked for anew. Default 131 072.
    std::size_t response_limit = 131'072;

    deflate_options deflate{};
};

}  // namespace anywire

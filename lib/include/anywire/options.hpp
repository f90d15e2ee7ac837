#pragma once

#include <anywire/handler.hpp>
#include <anywire/limits.hpp>
#include <anywire/request.hpp>
#include <anywire/response_headers.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace anywire {

class session;

/// permessage-deflate (RFC 7692). Off by default: it costs memory (up to 300 KB a connection with
/// context takeover) and CPU.
struct deflate_options {
    bool enabled = false;
    /// Whether each side may refer to earlier messages; without it a connection holds no window.
    bool server_context_takeover = true;
    bool client_context_takeover = true;
    int server_window_bits = 15;  ///< 9-15.
    int client_window_bits = 15;  ///< 9-15; applied when the client lets us choose.
    /// 0-9, as in zlib. Default 1: text made to be hard costs 11 ms of CPU a MB there, and 170 at
    /// 6, for which usual JSON becomes shorter by a fifth.
    int level = 1;
    std::size_t threshold = 1'024;  ///< Shorter messages (bytes) go uncompressed.

    /// Bytes that a client's compressed messages may become for each byte of their frames, on the
    /// average of its connection; 0 is no limit. Default 32, so that a megabyte sent is worth 32
    /// (DEFLATE can do 1 000, "bombs"). Lists of similar records reach 10 to 60; where the same is
    /// sent over and over it is 120 and more, for which there is what follows. Beyond: 1009, and
    /// the log says so.
    ///
    /// A client whose messages become much longer than what it sends is answered uncompressed
    /// meanwhile: from 256 KiB on above four bytes for one.
    std::uint32_t max_ratio = 32;
    /// Bytes that they may become beyond that; messages that become less pay it back. Default 1
    /// MiB; taken as `session_limits::max_message` where that is more, so that one may be as long.
    std::uint32_t ratio_burst = 1u << 20;
    /// Bytes a second by which it is paid back as time passes: what a client may inflate for
    /// nothing for ever. Default 1 MiB; 0 is never.
    std::uint32_t ratio_refill = 1u << 20;
};

/// Who may connect, by the Origin that browsers send. The same list guards every transport.
///
/// Empty (the default): the request's own scheme, host and port only. Entries are exact origins
/// ("https://example.com", "http://localhost:3000"), one wildcard below a domain
/// ("https://*.example.com"), any port of a host ("http://localhost:*"), or "*" for all. Programs
/// with a browser inside send "null", "file://", "app://.", "qrc://" and the like, which can be
/// listed, too: "docs/security.md" names the risk of each. Clients that send no Origin are no
/// browsers and are served. ws counts as http, and wss as https.
using origin_list = std::vector<std::string>;

/// Decides where a list cannot: asked for each request from a page whose origin is neither the
/// request's own nor listed, true lets it in. `origin` is as browsers write it
/// ("https://a.example", "null"); for GETs that they send without one (JSONP, htmlfile, the iframe
/// page) it is that of the Referer. What is no origin is refused without asking, as is what throws.
///
/// Thread: the shard's that has the connection; it may be asked more than once for one request.
using origin_decider = std::function<bool(request const&, std::string_view origin)>;

/// Chooses a WebSocket's subprotocol of those the client offers, in its order; empty for none, on
/// which browsers fail the connection. What was not offered counts as none, as does what throws.
/// Asked after `authorize` has let the client in, and only where it offers any.
using subprotocol_chooser =
    std::function<std::string(request const&, std::span<std::string_view const> offered)>;

/// Adds fields to a response. Called after `authorize` has let the client in; what it throws is
/// logged and costs nobody a connection.
///
/// Thread: the shard's.
using header_hook = std::function<void(request const&, response_headers&)>;

/// A mount that speaks plain WebSocket (RFC 6455).
struct websocket_options {
    session_limits limits{};
    origin_list origins{};
    /// Subprotocols known here; of those the client offers its first one is chosen.
    std::vector<std::string> subprotocols{};
    deflate_options deflate{};
    /// Between two pings, sent whatever else is said: proxies count the silence of each side.
    /// Default 25 s; 0 sends none.
    std::chrono::milliseconds ping_interval{25'000};
    /// Silence after a ping that ends the session as `heartbeat_timeout`. Default 20 s.
    std::chrono::milliseconds ping_timeout{20'000};

    /// Chooses among all the client offers, in place of `subprotocols`. Default none.
    subprotocol_chooser choose_subprotocol{};
    /// Lets in pages that `origins` does not. Default none.
    origin_decider allow_origin{};
    /// Add fields to the 101, in this order.
    header_hook initial_headers{};
    header_hook headers{};
    /// Serves the paths below its own, too: "/chat/room/1" where "/chat" is mounted; but for those
    /// that end in "/websocket" where a SockJS mount shares the path. Default off.
    bool subpaths = false;
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

    /// URL of sockjs-client's script for the iframe transports: the version that the page uses, for
    /// old engines its `min.js`. No default: without it the iframe page is 404.
    std::string sockjs_url{};
    /// Sent as `base_url` by `/info`: where the client shall go for its transports.
    std::string base_url{};
    /// Sets a JSESSIONID cookie for load balancers with sticky sessions.
    bool cookie = false;

    /// Between two heartbeats, which are pings on a WebSocket, the raw one among them. Keep it
    /// under 35 s, the client's JSONP timer. Default 25 s.
    std::chrono::milliseconds heartbeat{25'000};
    /// Silence after a ping that ends a WebSocket as `heartbeat_timeout`. Default 10 s.
    std::chrono::milliseconds heartbeat_timeout{10'000};
    /// Sends heartbeats on WebSocket as `h` messages, which browsers' code sees, beside the pings.
    bool heartbeat_messages = false;
    /// How long a session outlives its last request. Default 5 s.
    std::chrono::milliseconds disconnect_delay{5'000};
    /// Answers 200 and "ok" where it is 204 without a body otherwise: to sent messages and to
    /// preflights. For browsers that take a 204 for a failure (KHTML gives scripts no status at
    /// all for it); all sockjs-clients take both. Default off.
    bool avoid_204 = false;
    /// Bytes after which a streaming response ends, to be asked for anew. Default 131 072.
    std::size_t response_limit = 131'072;

    deflate_options deflate{};

    /// Subprotocols known here, for both kinds of WebSocket; of those the client offers its first
    /// one is chosen. Default none, as the reference.
    std::vector<std::string> subprotocols{};
    /// Chooses among all the client offers, in place of `subprotocols`. Default none.
    subprotocol_chooser choose_subprotocol{};
    /// Lets in pages that `origins` does not. Default none.
    origin_decider allow_origin{};
    /// Adds fields to the first response of a session: a poll's, a stream's or the 101.
    header_hook initial_headers{};
    /// The same for every response to a request of a session, for every 101 and for `/info`.
    header_hook headers{};
};

/// What browsers are told on requests from other origins, beside who may come: that is `origins`.
struct cors_options {
    bool credentials = true;                     ///< Lets pages send cookies (`withCredentials`).
    std::vector<std::string> allowed_headers{};  ///< Empty: those the browser asks for.
    std::vector<std::string> exposed_headers{};
    std::chrono::seconds max_age{0};  ///< How long a preflight's answer is kept; 0: not said.
};

/// The cookie for load balancers with sticky sessions; its value is the Engine.IO sid. Set by the
/// polling handshake.
struct cookie_options {
    std::string name{};  ///< Empty: no cookie. The reference calls it "io".
    std::string path = "/";
    std::string domain{};
    bool http_only = true;
    bool secure = false;
    std::string same_site = "Lax";    ///< "Lax", "Strict", "None"; empty: not said.
    std::chrono::seconds max_age{0};  ///< 0: as long as the browser runs.
};

/// A handshake or request that an Engine.IO mount has refused.
struct connection_error {
    anywire::request const& request;
    unsigned code = 0;  ///< 0-5, as on the wire.
    std::string_view message{};
};

/// How clients of Engine.IO 3 write text while they poll: those of Socket.IO 1.x encode it as UTF-8
/// twice, those of 2.x once, and nothing else tells them apart.
enum class eio3_text_encoding : std::uint8_t {
    /// What a session sends shows it, at the first text that is not ASCII. Only text that is UTF-8
    /// when each of its characters is taken for a byte ("\u00c3\u00a4" for "\u00e4") could be of
    /// either; it counts as encoded twice until something else shows that it is not.
    detected,
    once,   ///< All are 2.x: no text is looked into.
    twice,  ///< All are 1.x, until one sends what no 1.x can.
};

/// A packet that a client of Engine.IO has sent; borrowed for the call.
struct engineio_packet {
    std::string_view type{};  ///< "message", "ping", "pong", "close", "upgrade" and so on.
    std::string_view data{};
    bool binary = false;  ///< Bytes, not text; only messages are.
};

/// A mount that speaks Engine.IO 4 and, where switched on, 3.
///
/// A session starts on long-polling or on a WebSocket, and goes from the first to the second when
/// the client asks. Its message limit is `limits.max_message`, told to clients as `maxPayload`.
struct engineio_options {
    session_limits limits{};
    origin_list origins{};

    bool polling = true;
    bool websocket = true;
    bool upgrades = true;  ///< From polling to WebSocket.
    bool eio3 = false;     ///< Engine.IO 3: the clients of Socket.IO 1.x and 2.x.
    bool jsonp = false;    ///< Polling by script elements: switch on for old browsers only.
    /// How Engine.IO 3 clients encode text in polls. Default `detected`, which is enough under
    /// Socket.IO. Plain Engine.IO clients 1.x that poll without binary (`b64`, JSONP) want `twice`:
    /// what they are sent before they have sent such text themselves is encoded once otherwise.
    eio3_text_encoding eio3_text = eio3_text_encoding::detected;
    /// Clients ask for the mount's path with a '/' at its end, unless their `addTrailingSlash` is
    /// off: false serves both.
    bool add_trailing_slash = true;

    /// Between two heartbeats, told to the client. Default 25 s.
    std::chrono::milliseconds ping_interval{25'000};
    /// Silence after a ping that ends a session as `heartbeat_timeout`. Default 20 s.
    std::chrono::milliseconds ping_timeout{20'000};
    /// How long a WebSocket may take from its handshake to the upgrade. Default 10 s.
    std::chrono::milliseconds upgrade_timeout{10'000};

    /// Most packets in one poll's answer; 0 is no limit (the default). python-engineio takes 16.
    std::size_t max_packets_per_poll = 0;
    /// Compresses polls' answers (gzip, deflate) from `compress_from` bytes on, for clients that
    /// ask for it.
    bool compress_polls = true;
    std::size_t compress_from = 1'024;
    deflate_options deflate{};

    cors_options cors{};
    /// Answers preflights with 200 and "ok" instead of 204 without a body, which some old browsers
    /// take for a failure. Default off.
    bool avoid_204 = false;
    cookie_options cookie{};
    /// A message sent right after the handshake; empty: none.
    std::string initial_packet{};

    /// Adds fields to the first response of a session (a poll's or the 101).
    header_hook initial_headers{};
    /// The same for every response to a request of a session, and for every 101.
    header_hook headers{};
    /// Hears of requests that were refused.
    std::function<void(connection_error const&)> on_connection_error{};

    /// WebSocket subprotocols known here; of those the client offers its first one is chosen.
    /// Default empty: the first it offers, whatever it is, as the reference.
    std::vector<std::string> subprotocols{};
    /// Chooses among all the client offers, in place of `subprotocols`. Default none.
    subprotocol_chooser choose_subprotocol{};
    /// Lets in pages that `origins` does not. Default none.
    origin_decider allow_origin{};

    /// Makes the session id that clients name in their requests, of the request that opens a
    /// session; called when `authorize` has let the client in. Default none: 120 bits from the
    /// system's random generator. Security relevant: whoever guesses such an id reads and writes
    /// the session, so put that many random bits in yours, too, and nothing that is not to be read
    /// by the client and in the logs of proxies.
    ///
    /// 20 to 128 characters of `A-Za-z0-9-_`, not the id of another session of the mount. With
    /// several threads up to two characters are added at its end, which lead requests to the
    /// session's thread.
    /// Errors: an id that is not like that is a line in the log, as is what it throws, and the
    ///         client is answered 500.
    /// Thread: a shard's; with several on several at once.
    std::function<std::string(request const&)> generate_id{};

    /// Hears that a session has gone from polling to a WebSocket: `session::transport` says so.
    /// Under Socket.IO the session is the connection. On the session's shard; one that throws
    /// closes its session as `handler_failed`. Default none.
    handler<void(session&)> on_upgrade{};
    /// Hears of every packet that comes from the client of an open session, before it is acted on;
    /// but for those by which a WebSocket is tried before the upgrade. The same. Default none.
    handler<void(session&, engineio_packet const&)> on_packet{};
};

}  // namespace anywire

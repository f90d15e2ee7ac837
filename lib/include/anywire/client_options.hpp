#pragma once

#include <anywire/client_field.hpp>
#include <anywire/limits.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace anywire {

/// What a client speaks with its server.
enum class client_dialect : std::uint8_t {
    websocket,  ///< Plain WebSocket (RFC 6455).
    sockjs,     ///< SockJS 0.3, as sockjs-client 1.x.
    engineio,   ///< Engine.IO 4 or 3, as engine.io-client 6.x, 4.x and 3.x.
};

/// How a client comes back. The delay before the nth attempt in a row is `delay` doubled n - 1
/// times, at most `delay_max`, and up to `jitter` of it more or less by chance, so that the clients
/// of a server that was restarted do not come all at once.
struct reconnect_options {
    bool enabled = true;
    std::uint32_t attempts = 0;                  ///< In a row; 0 is no limit. Then it gives up.
    std::chrono::milliseconds delay{1'000};      ///< Default 1 s, as socket.io-client's.
    std::chrono::milliseconds delay_max{5'000};  ///< Default 5 s, the same.
    double jitter = 0.5;                         ///< 0 to 1.
};

/// What a client is about to do after its session has ended, or could not be opened.
struct client_retry {
    std::uint32_t attempt = 0;           ///< 1 for the first in a row.
    std::chrono::milliseconds delay{0};  ///< Until it begins.
};

/// What becomes of a message that is sent while there is no session.
enum class while_disconnected : std::uint8_t {
    keep,    ///< It waits for the next session, within `client_options::max_queued_bytes`.
    refuse,  ///< `send` says `errc::session_closed`.
};

/// How the server's certificate is checked, and what the client shows of its own. All files are
/// PEM.
struct client_tls_options {
    /// Whether the certificate has to be issued by one who is believed, for the host of the URL.
    /// Off is for tests: whoever is on the way can read and change everything.
    bool verify = true;
    /// Certificates that are believed, in place of the system's. Default: the system's.
    std::string ca{};
    /// The client's own certificate chain and its key, for servers that ask.
    std::string certificate{};
    std::string key{};
    /// SHA-256 of the server's public key (SubjectPublicKeyInfo), in base64, as curl's
    /// `--pinnedpubkey` has it after "sha256//". One of them has to fit, besides all else. Default
    /// none.
    std::vector<std::string> pinned_keys{};
    /// The name that the server shall show a certificate for (SNI), in place of the URL's host.
    std::string server_name{};
};

/// The bounds on what a server may make a client hold. Sizes are bytes.
struct client_limits {
    /// Longest message, after inflation. Default 1 000 000. A longer one ends the session: 1009.
    std::size_t max_message = 1'000'000;
    /// Longest body of an answer that is read whole, a poll among them. Default 16 MiB.
    std::size_t max_body = 16u << 20;
    /// Longest head of an HTTP answer. Default 16 KiB.
    std::size_t max_head = 16u << 10;
    /// Redirects that are followed for one request. Default 10.
    std::uint32_t max_redirects = 10;
};

/// Something that went over the network, for `client_options::trace`.
struct client_trace {
    bool sent = false;            ///< By the client; else it has come, or happened.
    std::string_view exchange{};  ///< Numbers the request or WebSocket it belongs to: "#3".
    std::string_view what{};      ///< "GET https://...", "200", "text", "ping", "closed 1006".
    std::string_view data{};      ///< Body or message, as it is; heads as "Name: value\n".
    bool binary = false;          ///< Of a message.
};

/// How requests are made, whatever the dialect.
struct client_network_options {
    client_tls_options tls{};
    /// The proxy: "http://[user:password@]host:port" (CONNECT), "socks5://..." (the client resolves
    /// the server's name) or "socks5h://..." (the proxy does). "-" for none. Default: as curl, the
    /// environment's `https_proxy` and `http_proxy` (`wss_proxy`, `ws_proxy` before them),
    /// `all_proxy`, and `no_proxy`.
    std::string proxy{};
    /// Path of a Unix domain socket to connect to, whatever the URL's host.
    std::string unix_socket{};
    /// Whether cookies that the server sets are sent back to it, as sticky sessions need. They are
    /// kept in memory, for as long as the client lives.
    bool cookies = true;
    /// Silence on a connection that makes the kernel ask whether it is alive (TCP keep-alive).
    /// Default 60 s; 0 is none.
    std::chrono::milliseconds keep_alive{60'000};
    /// How long one address of a host may take before the next is tried as well (RFC 8305).
    /// Default 250 ms.
    std::chrono::milliseconds next_address{250};
    /// Bytes that are sent first on each connection to the server, before TLS and HTTP: the PROXY
    /// header of a gateway. Through a proxy they follow when the way is open, for which even a
    /// plain HTTP proxy is asked. Default none, at most 65 551, the longest PROXY header.
    std::string preamble{};
};

/// What a client connects to, and how.
struct client_options {
    /// "wss://example.com/live", or http and https; for SockJS the prefix of its service, for
    /// Engine.IO its path ("https://example.com/engine.io/"; a bare host has "/engine.io/").
    std::string url{};
    client_dialect dialect = client_dialect::websocket;

    /// The transports that may be used, in their order. Default: all of the dialect's, in the order
    /// of its browser client: "websocket", "xhr-streaming", "eventsource", "xhr-polling" for
    /// SockJS; "polling", "websocket" for Engine.IO, where "websocket" first means to begin with
    /// it.
    std::vector<std::string> transports{};
    /// Engine.IO: go over to a WebSocket when polling has opened the session. Default on.
    bool upgrade = true;
    /// Engine.IO: when the first transport does not open, try the next. Default on; the browser
    /// client's is off, and ends.
    bool fall_back = true;
    /// The Engine.IO revision: 4, or 3 for the servers of 1.x and 2.x.
    unsigned revision = 4;
    /// Engine.IO by polling: most packets in one POST, a message being one; 0 is no limit. Default
    /// 16: python-engineio drops longer ones, with all that is in them, without a word.
    std::size_t max_packets_per_post = 16;
    /// Where this is not 0, a WebSocket and an HTTP transport race: the second begins so much after
    /// the first, and what opens last is dropped. Default off, as in browsers.
    std::chrono::milliseconds race_after{0};

    /// Subprotocols of the WebSocket, the preferred first.
    std::vector<std::string> protocols{};
    /// Fields of every request: "Authorization", "Origin", "User-Agent".
    std::vector<client_field> headers{};
    /// Further fields of the query, encoded: "token=abc".
    std::string query{};

    /// How long one attempt may take until the session is open. Default 20 s.
    std::chrono::milliseconds connect_timeout{20'000};
    /// Plain WebSocket: between two pings, which find connections that are half-open. Default 25 s;
    /// 0 sends none.
    std::chrono::milliseconds ping_interval{25'000};
    /// Silence after a ping, or without the heartbeats that SockJS servers send every 25 s, that
    /// ends the session as `heartbeat_timeout`. Default 20 s. Engine.IO's server says its own.
    std::chrono::milliseconds ping_timeout{20'000};
    /// How long the server may take to answer the goodbye. Default 10 s.
    std::chrono::milliseconds close_handshake{10'000};

    reconnect_options reconnect{};
    while_disconnected offline = while_disconnected::keep;
    /// Bytes that may wait to be sent, each message charged 64 more; one message always may.
    /// Beyond: `errc::send_queue_full`, and `on_drain` later. Default 1 MiB.
    std::size_t max_queued_bytes = 1u << 20;

    /// Offer permessage-deflate (RFC 7692). Default off.
    bool compress = false;
    client_limits limits{};
    client_network_options network{};

    /// Sees all requests, answers and messages, before they are read. It holds tokens and cookies
    /// in clear. Thread: the context's. Default none.
    std::function<void(client_trace const&)> trace{};
};

/// What one client has of its own, where it shares a profile with others (`client_profile`). It is
/// kept as long as the client, for the connections to come.
struct client_particulars {
    /// In place of `client_network_options::preamble`, where it is not empty.
    std::string preamble{};
    /// Fields of its requests to the URL's server, besides `client_options::headers`; those of the
    /// same name go out, too.
    std::vector<client_field> headers{};
    /// In place of `client_options::protocols`, where it is not empty.
    std::vector<std::string> protocols{};
    /// Plain WebSocket only: path and query of the handshake, in place of the URL's and of
    /// `client_options::query`, where it is not empty: "/live?room=7".
    std::string target{};
};

}  // namespace anywire

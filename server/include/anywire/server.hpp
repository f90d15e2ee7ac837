#pragma once

#include <anywire/endpoint.hpp>
#include <anywire/handlers.hpp>
#include <anywire/limits.hpp>
#include <anywire/log.hpp>
#include <anywire/options.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace anywire {

namespace socketio {
class server;
}

/// A certificate chain and its private key, PEM files. Both empty: no TLS.
struct tls_options {
    std::string certificate{};
    std::string key{};
};

/// One address to listen on.
struct listener_options {
    std::string address = "127.0.0.1";  ///< Literal IP; names are not resolved.
    std::uint16_t port = 8080;          ///< 0 picks a free one; see `server::port`.
    tls_options tls{};                  ///< TLS 1.2 or newer when given.
};

/// In which fields a trusted proxy says whom it forwards for.
enum class proxy_fields : std::uint8_t {
    /// Those of `x_forwarded` where there is an X-Forwarded-For or no `Forwarded`; else
    /// `Forwarded`.
    /// A proxy that writes only one kind passes on what a client has written in the other: name the
    /// kind it writes, or have it remove the other.
    any,
    /// X-Forwarded-For, -Proto, -Host, -Port and -Ssl, and Front-End-Https.
    x_forwarded,
    /// `Forwarded` (RFC 7239): for, proto and host.
    forwarded,
};

struct server_options {
    std::string address = "127.0.0.1";  ///< Literal IP; names are not resolved.
    std::uint16_t port = 8080;          ///< 0 picks a free one; see `server::port`.
    tls_options tls{};                  ///< TLS 1.2 or newer when given.

    /// Further addresses to listen on.
    std::vector<listener_options> listeners{};

    /// Shards: a thread each, with its own sessions. Default 1, where handlers need no locks;
    /// 0 is one per core. At most 256.
    unsigned threads = 1;

    server_limits limits{};

    /// Addresses or networks ("10.0.0.0/8", "::1") that are believed in what they forward: the
    /// client's address, scheme, host and port. Default none.
    std::vector<std::string> trusted_proxies{};

    log_sink log{};

    /// The fields in which trusted proxies are believed. Default any.
    proxy_fields proxy_style = proxy_fields::any;

    /// Names this server is reached by: "example.com", "*.example.com", "127.0.0.1", "[::1]", each
    /// for all ports unless it names one. A request for another host is answered 421, which keeps
    /// out pages whose name was made to resolve to this server (DNS rebinding). Behind a trusted
    /// proxy the forwarded host counts. Default empty: all are served, since a proxy may pass on
    /// names that are not known here.
    std::vector<std::string> hosts{};
};

/// The URL of what listens on an address, for people: "http://127.0.0.1:8080",
/// "https://[::1]:8443".
[[nodiscard]] std::string url_of(std::string_view address, std::uint16_t port, bool secure = false);

/// Files served below a path; meant for demos and small sites.
struct files_options {
    std::size_t max_file_size = 16u << 20;  ///< Bytes; larger files are 404.
};

/// An HTTP server whose mounts speak to clients over whatever wire they can get.
///
/// Everything that can be wrong with options is said before `run`, by an exception.
/// Thread: set up on one thread; `run` blocks it; `stop`, `drain` and `every` may be called from
/// any.
class server {
public:
    /// Binds all listeners.
    ///
    /// Throws: `std::invalid_argument` for an option out of range, `std::system_error` when an
    ///         address cannot be bound; the text says which, and what to change.
    explicit server(server_options options = {});
    ~server();
    server(server const&) = delete;
    server& operator=(server const&) = delete;

    /// Serves a dialect below `path` ("/chat"; "/" for all that is not mounted elsewhere).
    ///
    /// Throws: `std::invalid_argument` for a path that is taken or has no leading '/', for
    ///         options out of range or origins that are not valid; `std::logic_error` after `run`.
    ///         Handlers that are all empty are a log line.
    endpoint mount(std::string path, websocket_options options, handlers app);
    endpoint mount(std::string path, sockjs_options options, handlers app);
    endpoint mount(std::string path, engineio_options options, handlers app);
    /// The same for a Socket.IO server (`anywire/socketio.hpp`), which keeps its own options.
    ///
    /// Throws: as above; `std::logic_error` if it is mounted already.
    void mount(std::string path, socketio::server const& io);

    /// Serves the files of a folder: GET and HEAD, ETag, index.html, no listing, no hidden files,
    /// no symbolic links out of it.
    ///
    /// Throws: `std::invalid_argument` when it is not a folder, `std::logic_error` after `run`.
    void serve_files(std::string path, std::string const& folder, files_options options = {});

    /// The port that listener `index` is bound to; the first is that of the options.
    std::uint16_t port(std::size_t index = 0) const;

    /// The URL of listener `index`, as `url_of` writes it.
    std::string url(std::size_t index = 0) const;

    /// Calls `fn` every `period`, on the first shard, until the server stops.
    ///
    /// Throws: `std::invalid_argument` for an empty function.
    void every(std::chrono::milliseconds period, handler<void()> fn);

    /// Serves until `stop`, or until a drain is through. Installs no signal handlers.
    ///
    /// What a handler throws ends its session; what else throws ends the connection or session
    /// that it was about, `std::bad_alloc` among it. All of it is logged, and the server lives on.
    /// Throws: `std::logic_error` when called twice. That nothing is mounted, or a
    ///         `socketio::server` is not, is a log line.
    void run();

    /// Ends `run` at once: goodbyes are sent as far as the kernel takes them without waiting.
    void stop();

    /// Ends `run` cleanly: stops accepting, refuses new sessions of connections that are there
    /// (503 with `Connection: close`), then gives every session its goodbye, paced over half
    /// of `deadline`, and waits for them up to the whole of it.
    void drain(std::chrono::milliseconds deadline = std::chrono::seconds(10));

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace anywire

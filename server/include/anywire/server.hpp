#pragma once

#include <anywire/endpoint.hpp>
#include <anywire/handlers.hpp>
#include <anywire/limits.hpp>
#include <anywire/log.hpp>
#include <anywire/options.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
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

    /// Addresses or networks ("10.0.0.0/8", "::1") whose X-Forwarded-For, -Proto and -Host are
    /// believed. Default none.
    std::vector<std::string> trusted_proxies{};

    log_sink log{};
};

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
    ///         options out of range, origins that are none or handlers that are all empty;
    ///         `std::logic_error` after `run`.
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
    /// Throws: `std::invalid_argument` when it is no folder, `std::logic_error` after `run`.
    void serve_files(std::string path, std::string const& folder, files_options options = {});

    /// The port that listener `index` is bound to; the first is that of the options.
    std::uint16_t port(std::size_t index = 0) const;

    /// Calls `fn` every `period`, on the first shard, until the server stops.
    void every(std::chrono::milliseconds period, std::function<void()> fn);

    /// Serves until `stop`, or until a drain is through. Installs no signal handlers.
    ///
    /// What a handler throws ends its session; what else throws ends the connection or session
    /// that it was about, `std::bad_alloc` among it. All of it is logged, and the server lives on.
    /// Throws: `std::logic_error` when called twice.
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

#pragma once

#include <anywire/listener.hpp>
#include <anywire/service.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace anywire {

struct server_options {
    /// Literal IP; names are not resolved. Empty: only `listeners`.
    std::string address = "127.0.0.1";
    std::uint16_t port = 8080;  ///< 0 picks a free one; see `server::port`.
    tls_options tls{};          ///< TLS 1.2 or newer when given.

    /// Further places to listen at; the only ones where `address` is empty.
    std::vector<listener_options> listeners{};

    /// Shards: a thread each, with its own sessions. Default 1, where handlers need no locks;
    /// 0 is one per core. At most 256.
    unsigned threads = 1;

    /// These are as in `service_options`.
    server_limits limits{};
    std::vector<std::string> trusted_proxies{};
    log_sink log{};
    proxy_fields proxy_style = proxy_fields::any;
    std::vector<std::string> hosts{};
};

/// The URL of what listens on an address, for people: "http://127.0.0.1:8080",
/// "https://[::1]:8443".
[[nodiscard]] std::string url_of(std::string_view address, std::uint16_t port, bool secure = false);

/// A service with listeners and threads: an HTTP server whose mounts speak to clients over whatever
/// transport they can get.
///
/// Thread: set up on one thread; `run` blocks it; meanwhile `stop`, `drain`, `every`,
///         `reload_certificates` and what changes a service may be called from any.
class server final : public service {
public:
    /// Binds all listeners.
    ///
    /// Throws: `std::invalid_argument` for an option out of range, `std::system_error` when an
    ///         address cannot be bound; the text says which, and what to change.
    explicit server(server_options options = {});
    ~server() override;

    /// The port that listener `index` is bound to; 0 for a Unix domain socket. The first listener
    /// is that of the options' own address, or the first of `listeners` where that is empty.
    std::uint16_t port(std::size_t index = 0) const;

    /// The URL of listener `index`, as `url_of` writes it; "unix:/run/chat.sock" for a Unix domain
    /// socket.
    std::string url(std::size_t index = 0) const;

    /// Reads all certificates, keys and `client_ca` files again, for connections from now on; those
    /// that are open keep what they have, and session tickets stay good unless a `client_ca` file
    /// has changed. A listener of which one file cannot be used keeps all its old ones. Returns
    /// what is wrong, a line each, which the log says, too; empty when nothing is.
    ///
    /// Thread: any, one at a time.
    std::string reload_certificates();

    /// Serves until `stop`, or until a drain is through. Installs no signal handlers.
    ///
    /// What a handler throws ends its session; what else throws ends the connection or session
    /// that it was about, `std::bad_alloc` among it. All of it is logged, and the server lives on.
    /// Throws: `std::logic_error` when called twice. That nothing is mounted, or a
    ///         `socketio::server` is not, is a log line.
    void run();

    /// The same, and ends by `drain(how)` when the process is told to end by SIGINT or
    /// SIGTERM; by `stop` when it is told so twice. The signals' former handlers are back when it
    /// returns.
    void run_until_signal(drain_options how);
    void run_until_signal(std::chrono::milliseconds deadline = std::chrono::seconds(10)) {
        run_until_signal(drain_options{.deadline = deadline});
    }

    /// Ends `run` at once: goodbyes are sent as far as the kernel takes them without waiting.
    void stop() { service::stop(); }

    /// Ends `run` cleanly: stops accepting, refuses new sessions of connections that are there
    /// (503 with `Connection: close`), then gives every session its goodbye, spread as `how` says,
    /// and waits for them up to the deadline.
    void drain(drain_options how) { service::drain(how); }
    void drain(std::chrono::milliseconds deadline = std::chrono::seconds(10)) {
        service::drain(deadline);
    }

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace anywire

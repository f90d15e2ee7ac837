#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// A proxy that behaves like the networks between a client and a server, for tests: link
/// `anywire::testing`.
namespace anywire::testing {

/// What goes wrong. All off: the proxy relays every byte as it came.
struct fault_settings {
    /// Answers WebSocket upgrades with this status (400, 502) instead of relaying them; 0 relays.
    unsigned refuse_upgrades = 0;
    /// Holds every response until its end, as a proxy that scans or buffers does. Those beyond
    /// `fault_proxy_options::max_held_response` go on unheld.
    bool buffer_responses = false;
    /// Added to every piece, each way; `jitter` at random, up to that much. Order is kept.
    std::chrono::milliseconds delay{0};
    std::chrono::milliseconds jitter{0};
    /// Resets all connections that carry something, again and again; 0 never does.
    std::chrono::milliseconds cut_every{0};
    /// Connections that carry something die without a word: both sockets stay, bytes are swallowed,
    /// nobody hears of the other's end; they stay dead when this is off again. Requests made
    /// meanwhile wait until then.
    bool drop = false;
    /// Nothing is read or written until this is off again.
    bool pause = false;
    /// The server is gone: its connections are reset, requests are answered 502.
    bool outage = false;
};

/// What a choice of route is made by.
struct request_line {
    std::string_view method{};
    std::string_view target{};
    bool is_websocket = false;
};

/// Where a request goes.
struct proxy_route {
    std::uint16_t port = 0;  ///< Of the server behind; 0 answers 502.
    std::string key{};       ///< What its traffic is counted under.
    std::string target{};    ///< What the server shall see as target; empty: what came.
    bool is_faulty = true;   ///< Whether the settings act on it.
};

using route_chooser = std::function<proxy_route(request_line const&)>;

/// Routes by the longest prefix that fits, each counted under its prefix.
struct prefix_route {
    std::string prefix{};
    std::uint16_t port = 0;
    bool is_faulty = true;
};
route_chooser by_prefix(std::vector<prefix_route> routes);

/// What has gone by under one key. Bytes are those of HTTP and WebSocket, heads and framing
/// included, TLS's own excluded: up as read from the client, down as taken by its socket.
struct traffic {
    std::uint64_t bytes_up = 0;
    std::uint64_t bytes_down = 0;
    std::uint64_t requests = 0;
    std::uint64_t connections = 0;  ///< Client connections that have carried such a request.
    std::uint64_t upgrades = 0;     ///< To WebSocket, completed.
    std::uint64_t refused = 0;      ///< Upgrades turned down by the settings.
    std::uint64_t cut = 0;          ///< Exchanges and WebSockets that the settings have ended.
    std::uint64_t failed = 0;       ///< Requests answered 502.
};

struct fault_proxy_options {
    std::string address = "127.0.0.1";    ///< Literal IP.
    std::vector<std::uint16_t> ports{0};  ///< One listener each; 0 picks a free port.
    std::string certificate{};            ///< PEM files: TLS towards clients when given.
    std::string key{};
    std::string server_address = "127.0.0.1";
    bool server_tls = false;  ///< TLS towards the servers behind, whose names go unchecked.
    route_chooser choose{};

    std::size_t max_connections = 1'024;        ///< Beyond: closed at once.
    std::size_t max_head = 32'768;              ///< Bytes; beyond: closed.
    std::size_t max_queued = 262'144;           ///< Bytes each way; beyond, reading waits.
    std::size_t max_held_response = 1'048'576;  ///< Bytes.
    std::size_t max_keys = 4'096;               ///< Beyond, the one idle for longest is forgotten.
};

/// The proxy, on a thread of its own.
///
/// Thread: any, for every function. No exception leaves the proxy's thread.
/// Limits: memory is bounded by `fault_proxy_options`, per connection about 70 KB, `max_queued`
/// each way and
///         one held response.
class fault_proxy {
public:
    /// Listens and starts.
    ///
    /// Throws: `boost::system::system_error` when an address cannot be bound or a PEM file not be
    ///         read; `std::invalid_argument` without a chooser.
    explicit fault_proxy(fault_proxy_options o);
    /// Resets all connections and joins the thread.
    ~fault_proxy();
    fault_proxy(fault_proxy const&) = delete;
    fault_proxy& operator=(fault_proxy const&) = delete;

    /// The port of listener `index`.
    [[nodiscard]] std::uint16_t port(std::size_t index = 0) const;

    /// In force for everything read or written after it has returned.
    void set(fault_settings const& s);
    [[nodiscard]] fault_settings current() const;
    /// Resets all connections that carry something, once.
    void cut();

    [[nodiscard]] traffic of(std::string_view key) const;
    /// All keys that begin with `prefix`, sorted.
    [[nodiscard]] std::vector<std::pair<std::string, traffic>> below(std::string_view prefix) const;

    /// Client connections now, and the bytes that the proxy holds for them, buffers included.
    [[nodiscard]] std::size_t connection_count() const;
    [[nodiscard]] std::size_t held_bytes() const;

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace anywire::testing

#pragma once

#include <anywire/detail/mounts.hpp>
#include <anywire/endpoint.hpp>
#include <anywire/handlers.hpp>
#include <anywire/http.hpp>
#include <anywire/limits.hpp>
#include <anywire/log.hpp>
#include <anywire/metrics.hpp>
#include <anywire/options.hpp>
#include <anywire/packet_trace.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire {

class cluster_node;
class exchange;
class executors;
class mount_point;
class service;
class transport;
class transport_events;
struct http_request;
struct mount_place;
struct service_core;

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

struct service_options {
    server_limits limits{};

    /// Addresses or networks ("10.0.0.0/8", "::1"), or "unix:" for whoever connects to a Unix
    /// domain socket, that are believed in what they forward: the client's address, scheme, host
    /// and port. Default none.
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

/// How a service takes leave of its clients.
struct drain_options {
    /// When it ends, whoever is still there. Default 10 s.
    std::chrono::milliseconds deadline{10'000};
    /// Over how long goodbyes are spread, evenly over the sessions of each mount, but at least one
    /// in 25 ms: clients come back elsewhere at that pace. Default 0, half of `deadline`; 1 ms is
    /// all at once. What is left of `deadline` is for the last ones to go.
    std::chrono::milliseconds spread{0};
};

/// What `claim` says of a dialect that takes whatever the others at its path do not.
inline constexpr std::string_view claims_the_rest = "all that other dialects at its path leave";

/// Files served below a path; meant for demos and small sites.
struct files_options {
    std::size_t max_file_size = 16u << 20;  ///< Bytes; larger files are 404.

    /// The answers' Cache-Control; empty: none. Default "no-cache": a browser asks each time, and
    /// gets 304 where nothing has changed. "public, max-age=31536000, immutable" is for files whose
    /// names change with them.
    std::string cache_control = "no-cache";
    /// Sends "FILE.br" or "FILE.gz" in place of "FILE" where it is there and the client accepts it.
    bool precompressed = false;
    /// Answers requests for one range of a file (206, 416), with If-Range for those who know its
    /// ETag; else they get all of it.
    bool ranges = true;
};

/// Mounts, routes, limits and sessions, without a listener, a thread or a signal handler: for a
/// program that has its own event loop, or its own HTTP server.
///
/// It works on executors that the program lends (`anywire/asio.hpp`): each is one shard, with its
/// own sessions, whose handlers never run concurrently. `anywire::server` is a service with
/// listeners and threads.
/// Everything that can be wrong with options is said at once, by an exception.
///
/// What is served may be changed while it is: `mount`, `remount`, `unmount`, `route`, `fallback`,
/// `serve_files`, `mount_metrics`, `mount_health` and `set_limits` are in force at once before the
/// first request, and after that on each shard soon; `when_changed` says when on all of them.
/// Thread: set up on one thread, before the first request; from then on what changes or ends it may
///         be called from any. Destroyed where no shard runs: after `drain` or `stop` is through,
///         or when its executors run nothing any more.
class service {
public:
    /// Throws: `std::invalid_argument` for an option out of range.
    explicit service(executors const& on, service_options options = {});
    virtual ~service();
    service(service const&) = delete;
    service& operator=(service const&) = delete;

    /// Serves a dialect below `path` ("/chat"; "/" for all that is not mounted elsewhere).
    ///
    /// Several dialects may share a path, each with options and handlers of its own: Engine.IO gets
    /// the requests with "EIO=" in their query, plain WebSocket the other handshakes at the path
    /// itself, with or without a '/' at its end, and SockJS all else.
    ///
    /// Throws: `std::invalid_argument` for a path that is taken or has no leading '/', for
    ///         options out of range or origins that are not valid. Handlers that are all empty are
    ///         a log line.
    template <class Dialect>
    endpoint mount(std::string path, Dialect options, handlers app) {
        return add_dialect(
            std::move(path),
            [&](mount_place const& at) {
                return make_mount(at, std::move(options), std::move(app));
            },
            false);
    }
    /// The same with the handlers of an endpoint of this service, whose sessions and those of the
    /// new mount are one audience from then on: broadcasts, groups, counts and `post` reach both.
    /// Each mount has limits of its own; a group's members count in each. Returns the endpoint.
    ///
    /// Throws: as above; `std::invalid_argument` for an endpoint of another service, or of none,
    ///         or that is mounted nowhere any more.
    template <class Dialect, std::same_as<endpoint> Shared>
    endpoint mount(std::string path, Dialect options, Shared const& with) {
        return add_sharing(
            std::move(path),
            with,
            [&](mount_place const& at, handlers app) {
                return make_mount(at, std::move(options), std::move(app));
            },
            false);
    }
    /// The same for a layer that stands on mounts of several dialects, such as a `stomp::server`
    /// (`anywire/stomp.hpp`): the sessions of all of them are one audience.
    ///
    /// Throws: as above; `std::logic_error` if the layer belongs to another service.
    template <class Dialect, layer_over<Dialect> Layer>
    endpoint mount(std::string path, Dialect options, Layer const& layer) {
        auto app = handlers_on(*this, layer, options);
        return mount(std::move(path), std::move(options), std::move(app));
    }
    /// The same for a layer with options of its own, such as a `socketio::server`
    /// (`anywire/socketio.hpp`).
    ///
    /// Throws: as above; `std::logic_error` if it is mounted already, and once requests are served.
    template <class Layer>
    void mount(std::string path, Layer const& layer) {
        mount_on(*this, std::move(path), layer);
    }

    /// As `mount`, in the place of what is mounted at that path for the same requests: of several
    /// dialects there, only this one is replaced. Where there is none, it is a `mount`.
    ///
    /// Sessions that are open, and clients whom `authorize` is judging, keep the handlers, options
    /// and limits they came to, and their endpoint; their polls, streams, POSTs and upgrades still
    /// find them. Whoever comes later gets the new mount. The old one is destroyed, with its
    /// handlers, some 100 ms after its last session on the thread of a shard. Numbers go on:
    /// `session_limits::max_sessions` and metrics count the sessions of both.
    ///
    /// Throws: as `mount`; `std::logic_error` for a `socketio::server` at that path, which stays
    ///         where it is mounted.
    template <class Dialect>
    endpoint remount(std::string path, Dialect options, handlers app) {
        return add_dialect(
            std::move(path),
            [&](mount_place const& at) {
                return make_mount(at, std::move(options), std::move(app));
            },
            true);
    }
    /// The same with the handlers of an endpoint of this service, as with `mount`: with that of the
    /// mount that is replaced, other options for the same audience.
    template <class Dialect, std::same_as<endpoint> Shared>
    endpoint remount(std::string path, Dialect options, Shared const& with) {
        return add_sharing(
            std::move(path),
            with,
            [&](mount_place const& at, handlers app) {
                return make_mount(at, std::move(options), std::move(app));
            },
            true);
    }

    /// Takes away what is mounted at a path: dialects, files, metrics, health. Sessions live on, as
    /// with `remount`; other requests are answered 404, or by what is mounted above.
    ///
    /// Throws: `std::invalid_argument` where nothing is mounted; `std::logic_error` as `remount`.
    void unmount(std::string path);
    /// The same for those mounts at a path that have sessions of an endpoint.
    void unmount(std::string path, endpoint const& of);

    /// Has other bounds in force from now on: all of them, for connections, sessions and requests
    /// to come. What is open and would pass a lower one stays. Times that run go on as they began.
    /// Connections from before `max_connections_per_address` was first set do not count for it.
    ///
    /// Throws: `std::invalid_argument` for one out of range: nothing is changed.
    void set_limits(server_limits const& limits);

    /// Calls `then` once, when all that was changed until now is in force on every shard, or they
    /// have ended: on the thread of the last one, or on the calling one.
    ///
    /// Throws: `std::invalid_argument` for an empty function.
    /// Requires: `then` does not destroy the service, nor throw.
    void when_changed(std::function<void()> then);

    /// Answers requests of one method to one path: `route("POST", "/login/:name", handler)`. A
    /// ":name" stands for one segment of the path, `route_request::param` has it. Where several
    /// patterns fit, one that spells a segment out goes before one that has a name there; and a
    /// route goes before mounts. GET answers HEAD, too, OPTIONS is answered with what is allowed,
    /// and another method with 405.
    ///
    /// Throws: `std::invalid_argument` for a pattern, method or option that is not valid, for an
    ///         empty handler, and for what is there already.
    void route(std::string method,
               std::string pattern,
               route_handler handler,
               route_options options = {});
    /// Answers all that nothing else is there for, whatever its method, in place of 404.
    ///
    /// Throws: as `route`.
    void fallback(route_handler handler, route_options options = {});

    /// Serves the files of a folder: GET and HEAD, ETag, ranges, index.html, no listing, no hidden
    /// files, no symbolic links out of it.
    ///
    /// Throws: `std::invalid_argument` when it is not a folder, and for a path that is taken.
    void serve_files(std::string path, std::string const& folder, files_options options = {});

    /// Serves the numbers of `snapshot`: OpenMetrics, the older text format of Prometheus or JSON,
    /// as `Accept` or "?format=openmetrics", "prometheus" or "json" has it. Whoever says nothing
    /// gets the older text. They tell of the application: keep them on an address of their own, or
    /// let `options.allow` see to it.
    ///
    /// Throws: `std::invalid_argument` for a path that is taken.
    void mount_metrics(std::string path, metrics_options options = {});

    /// Answers health checks, GET, HEAD and OPTIONS (as HAProxy sends it), under any Host: 200 at
    /// `path` and at its "/ready", 503 while the service drains or is not ready; at its "/live"
    /// always 200, for whoever restarts what does not answer.
    ///
    /// Throws: as `mount_metrics`.
    void mount_health(std::string path, health_options options = {});

    /// What has been counted. Each number is read where it is kept, without stopping anybody: see
    /// `service_numbers` for what that means for two of them.
    ///
    /// Thread: any, from the beginning of `run` or of the first request until the service is
    ///         destroyed.
    /// Cost:   some microseconds a mount and shard.
    [[nodiscard]] service_numbers snapshot() const;

    /// Adds the numbers of something else to each snapshot, and so to the metrics: those of a
    /// connection to Redis (`redis::connection::numbers`), or the application's own. A source that
    /// throws is left out of that snapshot, without a word. It lives as long as the service.
    ///
    /// Throws: `std::invalid_argument` for an empty function.
    /// Thread: any; `source` is called by whoever takes a snapshot.
    void add_numbers(number_source source);

    /// Tells what one session, or all of one client, exchange with the server: a line a packet of
    /// the dialect, with its direction, transport and size, and its bytes where they are printable,
    /// others as "\xNN". Without a sink the lines go to the log, at `log_level::info`; there they
    /// are payload, which no other line is.
    ///
    /// Throws: `std::invalid_argument` unless either a session or an address is named.
    /// Thread: any.
    packet_trace trace(trace_options options, trace_sink sink = {});

    /// Whether something is mounted where `target` leads ("/chat/info?t=1"). Thread: any.
    [[nodiscard]] bool owns(std::string_view target) const noexcept;

    /// The shard that has to serve a request for this target: the one that has its session, if it
    /// names one, else each in its turn. An index into the service's executors. Thread: any.
    [[nodiscard]] std::size_t shard_of(std::string_view target) const;

    /// The executor of shard `index`, of a service as of a server: what has to run with its
    /// sessions is posted there. A `boost::asio::any_io_executor` (`anywire/asio.hpp` has to be
    /// included).
    ///
    /// Throws: `std::out_of_range` where there is no such shard; `std::logic_error` for a
    ///         `testing::host`.
    /// Thread: any.
    [[nodiscard]] auto executor_of(std::size_t index);

    /// Bytes of the longest body that is taken where `target` leads; a host need not read more, but
    /// for one byte, to have `serve` answer 413. Thread: any.
    [[nodiscard]] std::size_t max_body(std::string_view target) const noexcept;

    /// Serves one request of a host of the program's own. `to` is answered now or later, exactly
    /// once, and lives until then. A field whose value holds a line end is answered 400.
    ///
    /// Throws: `std::logic_error` on a thread that is in none of the service's executors.
    /// Thread: the executor `shard_of(request.target)`; answered on that one.
    void serve(http_request const& request, exchange& to);

    /// Serves a WebSocket whose handshake the host has answered already: `over` is closed if the
    /// client may not come in. Who hears of it is told by `heard`, called exactly once, now or
    /// after `authorize`, with null for nobody; until then nothing is read from it.
    ///
    /// Thread: as `serve`.
    void open(http_request const& request,
              transport& over,
              std::function<void(transport_events*)> heard);

    /// Calls `fn` every `period`, on the first shard, until the service ends.
    ///
    /// Throws: `std::invalid_argument` for an empty function.
    void every(std::chrono::milliseconds period, handler<void()> fn);

    /// Refuses new sessions (503 with `Connection: close`), gives every session its goodbye, spread
    /// as `how` says, and waits for them up to the deadline. Then nothing of the service runs any
    /// more, and `then` is called, on the shard that was the last. Once: a drain that runs goes on
    /// as it began.
    /// Requires: `then` does not destroy the service.
    void drain(drain_options how, std::function<void()> then = {});
    void drain(std::chrono::milliseconds deadline, std::function<void()> then = {}) {
        drain(drain_options{.deadline = deadline}, std::move(then));
    }
    /// The same at once: goodbyes are sent as far as the kernel takes them without waiting.
    void stop(std::function<void()> then = {});

    /// Serves a connection of the program's own whose first request it has read the head of, and
    /// the later ones, with keep-alive, WebSockets and all, until a request comes that is not the
    /// service's: then it gives the stream back. Completes with a `served<Stream, Buffer>`
    /// (`anywire/asio.hpp`, which has to be included).
    ///
    /// `stream`: a `tcp::socket` or `local::stream_protocol::socket`, whose descriptor goes to the
    /// service's own poller; or any other stream of the Asio kind, such as `ssl::stream`. `head`:
    /// a request of Beast, or its header alone, whose body has not been read. `buffer`: what was
    /// read after the head, as a dynamic buffer of Beast.
    /// The limits of connections in `server_limits` are the program's to keep.
    /// Thread: any.
    template <class Stream, class Head, class Buffer, class Token>
    auto async_serve(Stream stream, Head head, Buffer buffer, Token&& token);

    /// `drain` with a completion token, `void()` (`anywire/asio.hpp` has to be included). The
    /// service may be destroyed when it is through. Thread: any.
    template <class Token>
    auto async_drain(drain_options how, Token&& token);
    template <class Token>
    auto async_drain(std::chrono::milliseconds deadline, Token&& token);

protected:
    /// Without shards; whoever derives adds them.
    explicit service(service_options options);

    service_core& core() noexcept { return *core_; }
    service_core const& core() const noexcept { return *core_; }
    /// Requests are served from now on.
    void begin();
    /// Ends sessions and shards. Requires: no shard runs.
    void tear_down() noexcept;

private:
    friend class cluster_node;
    friend void socketio::mount_on(service& to, std::string path, socketio::server const& io);
    friend handlers stomp::attach(service& to, stomp::server const& broker);
    friend class stomp::tcp_listener;
    using mount_maker = std::function<std::shared_ptr<mount_point>(mount_place const&)>;
    using sharing_maker = std::function<std::shared_ptr<mount_point>(mount_place const&, handlers)>;
    endpoint add_dialect(std::string path, mount_maker const& make, bool replaces);
    endpoint add_sharing(std::string path,
                         endpoint const& with,
                         sharing_maker const& make,
                         bool replaces);

    std::unique_ptr<service_core> core_;
};

}  // namespace anywire

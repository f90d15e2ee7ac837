#pragma once

#include <anywire/close_reason.hpp>
#include <anywire/duration_histogram.hpp>
#include <anywire/number_family.hpp>
#include <anywire/refusal_cause.hpp>
#include <anywire/request.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire {

/// What one dialect has over one transport, on one mount.
struct traffic_numbers {
    std::string dialect{};  ///< "websocket", "sockjs", "engineio" or "engineio3".
    /// As `session::transport()`; "none" for sessions that have had no carrier yet.
    std::string transport{};
    bool is_polling = false;  ///< One answer brings one batch of messages.

    std::uint64_t sessions = 0;  ///< Now, by the last carrier they had.
    std::uint64_t carriers = 0;  ///< WebSockets, streams and polls that carry one now.

    // Messages of the application, packets of a layer such as Socket.IO among them, without the
    // dialect's own such as heartbeats; all since the service began.
    std::uint64_t messages_in = 0;
    std::uint64_t bytes_in = 0;  ///< Their payload, decoded.
    /// Given to a carrier; what waits, or was dropped, is not among them.
    std::uint64_t messages_out = 0;
    std::uint64_t bytes_out = 0;  ///< Encoded for the dialect, not compressed, not framed.
};

/// One mount, over all shards. What is not "now" counts from the beginning of the service.
struct mount_numbers {
    std::string path{};  ///< "/" for the root.
    /// Of the mount, which tells those apart that share a path: "websocket", "sockjs", "engineio",
    /// or what a dialect of your own is called.
    std::string dialect{};

    std::uint64_t sessions = 0;  ///< Now.
    std::uint64_t opened = 0;
    /// Those that have ended, by reason, of all there are. With `sessions` they add up to `opened`
    /// whenever nothing is opening or closing.
    std::vector<std::pair<close_reason, std::uint64_t>> closed{};
    std::vector<std::pair<refusal_cause, std::uint64_t>> refused{};
    /// From Engine.IO's polling to a WebSocket. What was tried and is neither done nor failed is
    /// under way.
    std::uint64_t upgrades_tried = 0;
    std::uint64_t upgrades_done = 0;
    std::uint64_t upgrades_failed = 0;
    /// Now, each message charged 64 more; of one that many sessions share, only that.
    std::uint64_t queued_bytes = 0;
    std::uint64_t dropped = 0;        ///< Messages that overflow policies have dropped.
    std::uint64_t polls_waiting = 0;  ///< Requests now that wait for a message to answer with.
    /// Of the application's handlers, in one event of 17: a sample.
    duration_histogram handler_time{};
    std::vector<traffic_numbers> traffic{};
};

/// One shard.
struct shard_numbers {
    std::uint64_t sessions = 0;     ///< Now.
    duration_histogram loop_delay;  ///< How late the turns of its timers came.
    std::uint64_t slow_events = 0;  ///< Events over `server_limits::slow_event`.
};

/// All that a service counts, at one moment or nearly so.
///
/// Each number was right at some moment during the call that made it; two of them may be apart by
/// what happened meanwhile. What counts from the beginning never goes down.
struct service_numbers {
    std::uint64_t connections = 0;  ///< Now.
    std::uint64_t accepted = 0;     ///< Connections that listeners have let in.
    /// Requests of its own connections that wait for their answers now: polls, streams, POSTs of
    /// paused sessions, those that wait for `authorize`.
    std::uint64_t parked_requests = 0;
    std::uint64_t requests = 0;    ///< Whole requests, whoever answered them.
    std::uint64_t handshakes = 0;  ///< Requests for a new session, whatever became of them.
    std::uint64_t bytes_in = 0;    ///< Of connections, heads and framing too, without TLS.
    std::uint64_t bytes_out = 0;
    bool is_draining = false;
    /// Connections and requests that no mount has seen.
    std::vector<std::pair<refusal_cause, std::uint64_t>> refused{};
    std::vector<mount_numbers> mounts{};
    std::vector<shard_numbers> shards{};
    number_families more{};  ///< Of those that were added by `service::add_numbers`.
};

/// How numbers are written.
enum class metrics_format : std::uint8_t {
    openmetrics,  ///< OpenMetrics 1.0.
    prometheus,   ///< The text format of Prometheus, 0.0.4, which older readers ask for.
    json,         ///< An object with the names of the members above.
};

/// Writes numbers; `docs/operations.md` lists the names.
[[nodiscard]] std::string to_text(service_numbers const& n, metrics_format as);

/// Who may read numbers, where they are served.
struct metrics_options {
    /// Asked for each request; false is answered 403, as is an exception. Default: everybody may
    /// who reaches the listener.
    /// Thread: the shard's that serves the request.
    std::function<bool(request const&)> allow{};
};

/// How a service says that it lives.
struct health_options {
    /// Asked for each check: false has it answered 503, as a drain has; an exception, too. Default:
    /// a service is ready until it drains.
    /// Thread: the shard's that serves the request.
    std::function<bool()> is_ready{};
};

}  // namespace anywire

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace anywire {

/// What happens to a message that finds its session's queue full.
enum class overflow_policy : std::uint8_t {
    close,        ///< The session closes as `slow_consumer`.
    refuse,       ///< `send` returns `errc::send_queue_full`; `on_drain` follows later.
    drop_oldest,  ///< The oldest queued messages make room; counted in `session::dropped`.
    drop_newest,  ///< The new message is dropped; counted in `session::dropped`.
};

/// The bounds of one session, set per mount. All sizes are bytes.
struct session_limits {
    /// Longest message accepted from a peer, after inflation, and longest POST body.
    /// Default 1 000 000. A longer message closes with 1009, a longer body is answered 413.
    std::size_t max_message = 1'000'000;

    /// Bytes that may wait for one session for as long as they like. Everything that waits counts:
    /// messages, the protocol's own frames, and answers that the client has not read yet. Each
    /// frame is charged its bytes and 64 more, so that many small ones cost what they cost. An
    /// empty queue takes any one message. What the connection takes at once is written before
    /// anything is judged, so a client that reads may be sent bursts. Default 1 MiB.
    std::size_t max_queued_bytes = 1u << 20;

    /// What happens to a session whose bytes stay above `max_queued_bytes` for longer than
    /// `burst_grace`, or would pass `max_burst_bytes`. Default: close as `slow_consumer`.
    overflow_policy overflow = overflow_policy::close;

    /// Bytes beyond which `overflow` acts at once; taken as `max_queued_bytes` where that is more.
    /// Default 16 MiB.
    std::size_t max_burst_bytes = 16u << 20;

    /// How long a session may stay above `max_queued_bytes`. After that `overflow` acts, and acts
    /// at once until the client has read enough to be below again. Default 10 s.
    std::chrono::milliseconds burst_grace{10'000};

    /// Most WebSocket fragments in one message; 0 is no limit. Default 16 384.
    std::uint32_t max_fragments = 16'384;

    /// Most sessions of this mount, over all shards; 0 is no limit (the default). Beyond: 503.
    std::size_t max_sessions = 0;

    /// How long `authorize` may take to decide. Default 10 s. Beyond: 503.
    std::chrono::milliseconds authorize_timeout{10'000};

    /// A write that makes no progress for this long ends the session as `slow_consumer`.
    /// Default 30 s.
    std::chrono::milliseconds write_stall{30'000};

    /// How long the peer may take to answer a WebSocket close frame. Default 10 s.
    std::chrono::milliseconds close_handshake{10'000};

    /// Most groups that one session is in, which an application may let its client name; 0 is no
    /// limit. Default 1 000. Beyond: `session::join` is false, and the log says so.
    std::size_t max_groups = 1'000;

    /// Messages a second that a client may send, on the average of its session, and how many may
    /// come at once; 0 is no limit (the default), and a burst of 0 is as many as in a second. With
    /// Socket.IO each attachment is a message more. Beyond: the session closes as `rate_limited`,
    /// with 1008, and the log says so.
    std::size_t max_messages_per_second = 0;
    std::size_t message_burst = 0;
    /// The same for the bytes of messages, after inflation. The burst is taken as `max_message`
    /// where that is more, so that one may be as long.
    std::size_t max_bytes_per_second = 0;
    std::size_t byte_burst = 0;
};

/// The bounds of the server itself. All sizes are bytes.
struct server_limits {
    /// Request line and fields together. Default 16 KiB, as Node; beyond: 431 or 414.
    std::size_t header = 16'384;
    std::size_t header_fields = 100;     ///< Number of fields; beyond: 431.
    std::size_t chunk_overhead = 4'096;  ///< Chunk extensions and trailers together; beyond: 431.

    /// Open connections, all listeners together; 0 is the process's descriptor limit less 64.
    /// Beyond: 503 and close.
    std::size_t max_connections = 0;
    /// Open connections of one remote address, all shards together; 0 is no limit (the default).
    /// Beyond: 429. IPv6 addresses count by their /64 network. Connections of trusted proxies are
    /// not limited by it; there it bounds the requests and WebSockets under way of each client
    /// behind them, by its forwarded address.
    std::size_t max_connections_per_address = 0;

    std::chrono::milliseconds tls_handshake{10'000};  ///< Beyond: closed without an answer.
    std::chrono::milliseconds request_head{20'000};   ///< First byte to end of head; beyond: 408.
    std::chrono::milliseconds request_body{30'000};   ///< The whole body; beyond: 408.
    /// Bytes that may wait in the queues of all sessions together. Beyond it the sessions with the
    /// most bytes are ended as `slow_consumer`, until a tenth of the bound is free again. A message
    /// that many sessions share is charged to none of them. 0, the default, is a quarter of the
    /// memory that the process may use (the machine's, or its control group's).
    std::size_t max_queued_total = 0;

    /// Between two requests of a connection. Default 62 s: longer than the 60 s for which common
    /// proxies reuse an upstream connection.
    std::chrono::milliseconds keep_alive{62'000};

    /// Open sessions, over all mounts and shards; 0, the default, is one for each 16 KiB of the
    /// memory that the process may use (the machine's, or its control group's). Beyond: 503. A
    /// mount's own bound is `session_limits::max_sessions`.
    std::size_t max_sessions = 0;
    /// Open sessions of one client address, over all mounts and shards; 0 is no limit (the
    /// default). Beyond: 429. Behind a trusted proxy the forwarded address counts; IPv6 by its /64.
    /// Clients behind one NAT share theirs.
    std::size_t max_sessions_per_address = 0;
    /// Requests that wait for their answers: polls, streams, POSTs of paused sessions, and those
    /// that wait for `authorize`; 0 is no limit (the default), as each holds one of
    /// `max_connections`. Beyond: 503.
    std::size_t max_parked_requests = 0;
    /// Sessions that may be opened a second, over all mounts and shards; 0 is no limit (the
    /// default). Beyond: 503.
    std::size_t max_handshakes_per_second = 0;
    /// The same for one client address; 0 is no limit (the default). Beyond: 429.
    std::size_t max_handshakes_per_second_per_address = 0;
    /// Handshakes that were not used up may come at once, of up to this long. Default 5 s: with 10
    /// a second, 50 at once.
    std::chrono::milliseconds handshake_burst{5'000};

    /// An event (the messages of one read, a posted function, a turn of timers) that holds its
    /// shard for longer is logged as an error: whatever else lives there has waited. Default
    /// 250 ms; 0 is never.
    std::chrono::milliseconds slow_event{250};
};

}  // namespace anywire

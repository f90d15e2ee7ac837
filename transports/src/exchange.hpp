#pragma once

#include "core/timer_wheel.hpp"

#include <cstddef>
#include <string_view>

namespace anywire {

/// A whole answer to one HTTP request, but for what depends on the connection.
struct answer {
    unsigned status = 200;
    std::string_view content_type{};  ///< Empty: no field.
    std::string_view fields{};        ///< Further fields, each "Name: value\r\n".
    std::string_view more_fields{};   ///< The same.
    std::string_view body{};
    bool close = false;  ///< End the connection behind it.
    /// It belongs to a session that goes on: a server that drains does not end the connection
    /// behind it, since a new one would not be taken.
    bool goes_on = false;
};

/// Hears what becomes of an answer.
///
/// Thread: the shard's. Never from within a call to `exchange`.
class exchange_events {
public:
    /// What `write_stream` left is out; write on.
    virtual void on_sent() = 0;
    /// The whole answer is out. The last call.
    virtual void on_done() = 0;
    /// The client has gone. The last call.
    virtual void on_gone() = 0;
    /// The client does not read. The last call.
    virtual void on_stalled() { on_gone(); }
    /// Another request of the client waits behind this one on its connection: whoever only waits
    /// for something to say should answer. May be said more than once.
    virtual void on_next_waiting() {}

protected:
    ~exchange_events() = default;
};

/// One HTTP request waiting for its one answer: whole by `respond`, or in pieces by
/// `begin_stream`, `write_stream` and `end_stream`.
///
/// Thread: the shard's that serves the request, where its connection lives.
class exchange {
public:
    /// Who hears of the end from now on; null for nobody. With `needs_client` a client that has
    /// sent the end of its stream counts as gone: right for a poll that is parked.
    virtual void listen(exchange_events* events, bool needs_client) noexcept = 0;

    /// How long a write of this answer may make no progress.
    virtual void limit_stall(tick longest) noexcept = 0;

    /// True when all is out and no event follows.
    virtual bool respond(answer const& a) = 0;

    /// True when the client speaks HTTP/1.1, so that a stream goes in chunks.
    virtual bool is_chunked() const noexcept = 0;
    /// The head leaves with the first `write_stream`.
    virtual void begin_stream(answer const& head) = 0;
    /// Bytes as they go on the wire, chunk framing included. True when all is out.
    virtual bool write_stream(std::string_view bytes) = 0;
    /// Ends the answer behind what was written; as `respond`.
    virtual bool end_stream() = 0;
    virtual std::size_t unsent() const noexcept = 0;

    /// True when the client is known to have gone although no event has said so yet: its end may
    /// lie in the kernel, behind a request of its next connection that was served first.
    virtual bool is_client_gone() const noexcept = 0;

    /// Ends the connection at once; no event follows.
    virtual void abort() noexcept = 0;

protected:
    ~exchange() = default;
};

}  // namespace anywire

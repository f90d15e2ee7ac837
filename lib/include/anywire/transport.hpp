#pragma once

#include <anywire/close_reason.hpp>
#include <anywire/frame.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace anywire {

class transport;

/// The three shapes a carrier can have; a session needs to know no more.
enum class carrier : std::uint8_t {
    duplex,    ///< WebSocket: reads and writes for as long as it lives.
    stream,    ///< Streaming, SSE: one long response, many batches.
    one_shot,  ///< Long-polling, JSONP: one batch answers one request.
};

/// What a transport tells the session above it.
///
/// Thread: the shard's. Never from within a call to `transport`.
class transport_events {
public:
    /// One whole inbound message. Borrow: `data` is valid only during the call.
    virtual void on_payload(transport& from, std::string_view data, bool binary) = 0;
    /// The peer showed a sign of life other than a message (a pong, a fragment).
    virtual void on_alive(transport& from) = 0;
    /// What `write` left unsent is on the wire; the next batch may be given.
    virtual void on_writable(transport& from) = 0;
    /// After the answer that this carrier is, the client waits for another one on the same
    /// connection: it shall end in order, soon.
    virtual void on_next_waiting(transport& from) { (void)from; }
    /// The transport has ended, not by the session's wish: its last call. A carrier that had
    /// `finished` ends `orderly` when its last byte is on the wire.
    virtual void on_closed(transport& from, bool orderly, close_event const& how) = 0;

protected:
    ~transport_events() = default;
};

/// What a `transport::write` did with its batch.
struct write_result {
    enum class next : std::uint8_t {
        ready,     ///< All is on the wire; go on at once.
        blocked,   ///< Taken, but not all is on the wire: wait for `on_writable`.
        finished,  ///< The carrier has ended in order; `on_closed` follows when all is on the wire.
        ended,     ///< As `finished`, all is on the wire, and the transport is gone.
    };
    std::size_t taken = 0;  ///< Frames written or kept (by references of the transport's own).
    next then = next::ready;
};

/// What a session needs of what carries it. The connection owns the transport.
class transport {
public:
    virtual carrier shape() const noexcept = 0;
    /// As in `session::transport()`.
    virtual std::string_view name() const noexcept = 0;

    /// True for a carrier that writes the rest of a headed frame (`frame::rest`) from where it is;
    /// others are given such frames joined.
    virtual bool gathers() const noexcept { return false; }

    /// Writes a prefix of the frames in order, in as few system calls as the carrier allows.
    /// Requires: no earlier write is `blocked`.
    virtual write_result write(std::span<frame* const> batch) = 0;

    /// Ends the carrier in its own words (close frame, last chunk) after what was taken. Final:
    /// no more events.
    virtual void close(close_code code, std::string_view text) noexcept = 0;
    /// Drops the carrier at once. Final: no more events.
    virtual void abort() noexcept = 0;

    /// Bytes taken and not yet handed to the kernel.
    virtual std::size_t pending_bytes() const noexcept = 0;
    /// True when the peer is known to have gone although `on_closed` is still to come.
    virtual bool is_peer_gone() const noexcept { return false; }
    /// Stops and resumes the reading of a duplex carrier; the others have nothing to read.
    virtual void pause_reading(bool pause) = 0;

protected:
    ~transport() = default;
};

}  // namespace anywire

#pragma once

#include <anywire/codec.hpp>
#include <anywire/frame.hpp>
#include <anywire/handlers.hpp>
#include <anywire/session.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace anywire {

class session_base;

/// Who hears of a packet that is not queued.
enum class sending : std::uint8_t {
    direct,     ///< The caller does, from the result.
    unheard,    ///< Nobody does: a packet that the overflow policy refuses counts as dropped.
    volatile_,  ///< Nobody cares: a packet that cannot leave now is dropped, and counted.
};

/// When a session ends.
enum class ending : std::uint8_t {
    after_queue,  ///< What is queued is written first, then the dialect says goodbye.
    now,          ///< What is queued is dropped, and the dialect says goodbye.
    silently,     ///< What is queued is dropped, and the client is told nothing.
};

/// The session that a layer stands on: what an application has of it (`session`), and what a
/// protocol needs besides. A handle: copies name the same session.
///
/// Thread: the session's shard's.
/// Borrow: valid until the `layer_session` that was made for it has heard `on_close`.
class session_below {
public:
    explicit session_below(session_base& s) noexcept : session_(&s) {}

    session& operator*() const noexcept;
    session* operator->() const noexcept { return &**this; }

    /// How messages become frames here; constant for the life of the session.
    codec const& message_codec() const noexcept;
    /// The sid, by which the dialect names the session on the wire; empty where it does not.
    /// Whoever knows it can read and write the session.
    std::string_view sid() const noexcept;
    /// Whether the dialect finds out by itself that the client has gone; see
    /// `session_protocol::is_probed`. Constant for the life of the session.
    bool is_probed() const noexcept;
    /// Nothing is read from the client now, by `session::pause`.
    bool is_paused() const noexcept;

    /// Queues one packet of frames that were encoded before, e.g. a text and its attachments: all
    /// of it or nothing. The frames are taken if it is queued.
    ///
    /// Requires: they are made by `message_codec`, or are what that would make.
    /// Errors: as `session::send`.
    result<void> send_frames(std::span<frame_ptr> packet, sending how = sending::direct) const;
    /// Queues one message: a head that is this session's own, and a rest that others get, too. The
    /// rest is encoded once per codec, and copied only where it is small or the carrier needs the
    /// message in one piece.
    ///
    /// Requires: the head is of the rest's kind, text or bytes.
    /// Errors: as `session::send`.
    result<void> send_headed(std::string_view head,
                             shared_message& rest,
                             sending how = sending::direct) const;
    /// Queues one frame of which only the latest counts: one of the same key that still waits gives
    /// it its place. See `session::send_latest`.
    ///
    /// Requires: `frame::set_key` has been called on it.
    /// Errors: as `session::send`.
    result<void> send_latest(frame_ptr f, sending how = sending::direct) const;
    /// Judges a packet of `cost` bytes (the sum of `frame::cost`) that is to be sent right after:
    /// what is admitted here, `send_frames` takes.
    ///
    /// Errors: as `session::send`.
    result<void> admit(std::size_t cost, sending how = sending::direct) const;
    /// Queues a frame of the protocol's own, which is never refused. A client that makes the
    /// protocol say more than it reads ends as `slow_consumer`.
    ///
    /// Requires: `frame::mark_protocol` has been called on it.
    void send_own(frame_ptr f) const;

    /// Ends the session for a reason. The application's own end is `session::close`.
    void end(close_reason why, ending when, std::string_view text = {}) const;

    /// Begins to fetch what `send_frames` touches, for those who send to many sessions.
    void prefetch() const noexcept;

private:
    session_base* session_;
};

/// What a layer keeps of one session, and hears of it. It is destroyed when it has heard
/// `on_close`; where a session goes without that, when its server ends, with the session. Its
/// destructor must not use the session.
///
/// Thread: the session's shard's. An exception ends the session as `handler_failed`.
class layer_session {
public:
    layer_session() noexcept = default;
    layer_session(layer_session const&) = delete;
    layer_session& operator=(layer_session const&) = delete;
    virtual ~layer_session() = default;

    /// The session knows of it: `layer_of::find` finds it from now on.
    virtual void on_open() {}
    virtual void on_message(message_view m) = 0;
    /// The queue ran empty after a packet had been refused for want of room.
    virtual void on_drain() {}
    /// The session goes on over another transport: `session::transport` says which.
    virtual void on_upgrade() {}
    /// The last call.
    virtual void on_close(close_event const& how) = 0;

private:
    friend class layer;
    class layer const* owner_ = nullptr;
};

/// A protocol over sessions, of whatever dialect: Socket.IO, say. It takes the place of the
/// application's handlers on its mount; `session::data` stays the application's.
///
/// Thread: any, for several sessions at once.
class layer {
public:
    layer() noexcept = default;
    layer(layer const&) = delete;
    layer& operator=(layer const&) = delete;
    virtual ~layer() = default;

    /// The handlers by which a layer is mounted; `authorize` is left to be set.
    static handlers as_handlers(std::shared_ptr<layer> self);

protected:
    /// A session has opened. On the session's shard.
    virtual std::unique_ptr<layer_session> open(session_below below) = 0;
    /// What this layer keeps of a session; null where it is not under this layer.
    layer_session* find_part(session& s) const noexcept;
};

/// A layer that keeps a `Part` of each session, derived of `layer_session`.
template <class Part>
class layer_of : public layer {
public:
    /// The part that this layer has made for a session; null where it has made none.
    Part* find(session& s) const noexcept { return static_cast<Part*>(find_part(s)); }

protected:
    virtual std::unique_ptr<Part> make(session_below below) = 0;

private:
    std::unique_ptr<layer_session> open(session_below below) final { return make(below); }
};

}  // namespace anywire

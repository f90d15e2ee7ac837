#pragma once

#include <anywire/handlers.hpp>
#include <anywire/layer.hpp>
#include <anywire/session.hpp>
#include <anywire/transport.hpp>

#include "core/frame.hpp"
#include "core/outbox.hpp"
#include "core/timer_wheel.hpp"
#include "session/ending.hpp"
#include "session/endpoint_core.hpp"
#include "session/session_loop.hpp"

#include <any>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace anywire {

struct traced_packet;

/// What every dialect's session is: a queue, a state, a carrier that comes and goes.
///
/// Rules that everything here keeps:
///  1. `send` and `close` only queue and mark; `on_flush`, once per IO event, is the place that
///     writes, and the only one that tells of the open, the drain and the close, and destroys. So
///     no handler is re-entered and none finds its session gone. A `send` writes early only where
///     the queue would pass its bound: a transport that takes it at once is not slow.
///  2. Exactly one `on_close` follows each `on_open`.
///  3. A transport that was closed, aborted or has told its end is never touched again.
///
/// Thread: its shard's.
class session_base : public session, public transport_events, public timer_node {
    tick due_ = 0;  // here it takes no room of its own: it fits after the bases

public:
    struct origin {
        anywire::request request{};
        std::any data{};
        std::string subprotocol{};
        /// What `acceptance` said, for the first answer: both are used up by it.
        std::optional<std::string> wanted_subprotocol{};
        std::string fields{};
    };

    session_base(endpoint_core& endpoint, origin from);
    virtual ~session_base();

    // -- session: what the application calls ------------------------------------------------------
    std::string_view id() const noexcept final { return {id_.data(), id_.size()}; }
    result<void> send(message_view m) final;
    result<void> send_latest(std::string_view key, message_view m) final;
    void close(close_code code, std::string_view text) final;
    bool is_open() const noexcept final { return state_ == state::open; }
    std::size_t queued_bytes() const noexcept final;
    std::uint64_t dropped() const noexcept final { return outbox_.dropped(); }
    std::uint64_t replaced() const noexcept final;
    std::string_view transport() const noexcept override;
    anywire::request const& request() const noexcept final { return request_; }
    std::string_view subprotocol() const noexcept final;
    std::any& data() noexcept final { return data_; }
    void pause() final;
    void resume() final;
    void after(std::chrono::milliseconds delay, std::function<void(session&)> fn) final;
    bool join(std::string_view group) final;
    void leave(std::string_view group) final { endpoint_.leave(*this, group); }
    anywire::endpoint endpoint() const final;

    // -- what the endpoint and the server call ----------------------------------------------------
    /// How messages of this session become frames: constant for its life.
    virtual codec const& message_codec() const noexcept = 0;
    /// What metrics call the dialect; a literal.
    virtual std::string_view dialect() const noexcept { return "websocket"; }
    /// By which the dialect names it on the wire; empty where it does not.
    virtual std::string_view sid() const noexcept { return {}; }
    /// Queues a message for many sessions. `key`: of `outbox::key_of`, for one that replaces what
    /// waits by it; 0: none.
    ///
    /// Errors: as `send`. One that the policy refuses counts as dropped, and `on_drain` follows.
    result<void> send_shared(shared_message& m, std::uint64_t key = 0);
    /// Queues one message that was encoded before, with its attachments: all of it or nothing. The
    /// frames are taken if it is queued.
    ///
    /// Errors: as `send`.
    result<void> send_frames(std::span<frame_ptr> packet, sending how = sending::direct);
    /// Queues one frame with a key, in the place of the one of that key that waits.
    ///
    /// Errors: as `send`.
    result<void> send_keyed(frame_ptr f, sending how);
    /// Queues one message of a head of its own and a rest that many get.
    ///
    /// Errors: as `send`.
    result<void> send_headed(std::string_view head, shared_message& rest, sending how);
    /// Judges a packet of `cost` bytes (`frame::cost`) that is to be sent right after: what it
    /// admits, `send_frames` takes.
    ///
    /// Errors: as `send`.
    result<void> admit(std::size_t cost, sending how = sending::direct);
    /// Queues a frame of the protocol's own. Never refused; a client that does not read what it
    /// makes the protocol say ends as `slow_consumer`.
    ///
    /// Requires: it is marked as such by who made it, for some are shared by all shards.
    void send_own(frame_ptr f);
    /// Fetches what `send_frames` touches, ahead of it.
    void prefetch() const noexcept {
        __builtin_prefetch(&next_dirty_);
        __builtin_prefetch(&state_);
    }
    /// True when what is queued now leaves at the end of this event.
    bool is_writable() const noexcept { return attached_ && !blocked_; }
    /// Calls what was posted to the session, with the care that handlers get.
    void call_posted(std::function<void(session&)> const& fn);
    /// The one way to end a session; `ending.hpp` says what it means in each state. `how` is what
    /// the application will hear, and where the client is told, what it is told.
    void end(close_event const& how, ending when);
    /// The same for a reason alone: its code is what `to_close_code` says, or `abnormal` where
    /// the client is told nothing.
    void end(close_reason why, ending when, std::string_view text = {});
    /// Ends the session at once, without memory for anything: something of it threw.
    void give_up() noexcept;
    /// Gives the session its carrier; events of the carrier go here from now on.
    virtual void attach(anywire::transport& to);
    bool is_attached() const noexcept { return attached_ != nullptr; }
    bool is_paused() const noexcept { return paused_; }
    /// As `session_protocol::is_probed`.
    bool is_probed() const noexcept { return !unprobed_; }
    std::string_view name_of_mount() const noexcept { return endpoint_.name(); }
    /// The endpoint has taken the session over, or parts with it: who is there now is counted.
    void count_added() noexcept;
    void count_retired() noexcept;
    /// Asks anew whether anybody listens to the packets of this session.
    void watch_packets() noexcept;
    /// Bytes of its own that wait, as counted when it was last flushed.
    std::size_t charged_bytes() const noexcept { return charged_; }
    /// Memory that messages kept for later take.
    std::size_t inbox_capacity() const noexcept;
    /// Writes a log line that says which session it is about: its mount, id and client.
    template <class... Parts>
    void log(log_level level, Parts const&... parts) {
        auto& to = loop().log();
        if (to.wants(level))
            to.write(level,
                     parts...,
                     " (",
                     endpoint_.name(),
                     ", session ",
                     id(),
                     ", client ",
                     request_.remote_address(),
                     ")");
    }
    /// Ends the session if its carrier's peer has gone, which the next event would tell anyway.
    bool end_if_peer_gone();
    /// True when an attached carrier will be written to by the next flush.
    bool has_queued() const noexcept { return !outbox_.empty() || state_ >= state::ended; }

    // -- transport_events -------------------------------------------------------------------------
    void on_alive(anywire::transport& from) override;
    void on_writable(anywire::transport& from) override;
    void on_closed(anywire::transport& from, bool orderly, close_event const& how) override;
    void on_timer(tick now) final;

    using group_list = hub::room_list<session_base>;
    /// The endpoint's bookkeeping: null where there are none.
    group_list* groups() noexcept;
    group_list& make_groups();
    void drop_groups() noexcept;

    /// What the layer over it keeps of this session; null without a layer.
    std::unique_ptr<layer_session> layered{};

protected:
    /// Of a carrier that came later; empty: none.
    void set_subprotocol(std::string name);

    using state = session_state;
    struct goodbye {
        close_reason reason;
        close_code code;
        std::string text;
        ending when;

        /// What was queued, a goodbye among it perhaps, was dropped.
        bool is_sudden() const noexcept { return when == ending::now; }
    };

    // -- what a dialect says ----------------------------------------------------------------------
    /// The closing has begun: queue what the dialect says for goodbye.
    virtual void on_closing(goodbye const&) {}
    /// All is written and the session is closing: end the carrier.
    virtual void end_carrier(goodbye const& how);
    /// `due` has come.
    virtual void on_due(tick now) = 0;
    /// A carrier ended in order while writing. `draining` still has bytes to send and will say when
    /// they are out; null when they are.
    virtual void on_finished(anywire::transport* draining) { (void)draining; }
    /// Bytes of answers that have been given and not read yet. Asked only where `has_unread`.
    virtual std::size_t unread_bytes() const noexcept { return 0; }
    /// The application has been told of the end; by default nothing is left to do.
    virtual void on_retired() { die(); }
    /// Reading goes on after a pause.
    virtual void on_resumed() {}

    // -- what a dialect uses ----------------------------------------------------------------------
    session_loop& loop() noexcept { return endpoint_.loop(); }
    endpoint_core& home() noexcept { return endpoint_; }
    state current() const noexcept { return state_; }
    anywire::transport* attached() const noexcept { return attached_; }
    void detach() noexcept {
        if (attached_) row().carriers.sub();
        attached_ = nullptr;
        blocked_ = false;
    }
    bool is_blocked() const noexcept { return blocked_; }
    /// The youngest frame that waits; null when none does.
    frame const* last_queued() const noexcept {
        return outbox_.empty() ? nullptr : outbox_.at(outbox_.size() - 1);
    }
    endpoint_numbers& numbers() noexcept { return endpoint_.numbers(); }
    /// Nothing but the client's own word says that it is there.
    void set_unprobed() noexcept { unprobed_ = true; }
    /// True while somebody listens to the packets of this session: tell them.
    bool is_traced() const noexcept { return traced_; }
    void tell_received(anywire::transport const& from, std::string_view data, bool binary) noexcept;
    /// The body of a request.
    void tell_body(std::string_view data) noexcept;
    void tell_written(std::span<frame* const> frames, std::string_view transport) noexcept;
    /// Hands a message to the application, or keeps it while the session is paused.
    void deliver(message_view m);
    /// Bytes of messages kept for later, each charged `frame::overhead` more.
    std::size_t inbox_bytes() const noexcept;
    /// Says whether answers are given that the client has not read yet.
    void set_unread(bool any) noexcept {
        has_unread_ = any;
        if (!any) mark_dirty();  // a drain may be owed
    }
    /// Nothing is left to do: the next flush destroys the session.
    void die() noexcept {
        take(session_step::die);
        mark_dirty();
    }
    /// Has the next flush look at the session.
    void mark_dirty() noexcept {
        loop().check_thread();
        if (!dirty_) loop().add_dirty(*this);
    }
    /// Asks for `on_due` at `when`; the latest call counts.
    void set_due(tick when);
    void clear_due() noexcept { has_due_ = false; }

private:
    friend class session_loop;
    struct timer;
    struct timed;
    struct dropping;
    struct rates;
    struct extras;

    void on_flush();
    /// The next flush is this session's: fetches its carrier, and the session after it.
    void fetch_for_flush() const noexcept {
        __builtin_prefetch(attached_);
        if (next_dirty_) next_dirty_->fetch();
    }
    void pump();
    write_result write_batch(anywire::transport& to);
    void pump_and_tell();
    void continue_reading();
    void run_due(tick now);
    void run_timers(tick now);
    void drop_timers() noexcept;
    void arm();
    void tell_closed();
    void log_closed(close_event const& how) noexcept;
    bool take(session_step by) noexcept;
    extras& more();
    /// What waits beyond the outbox: on the wire, on answers not read.
    std::size_t bytes_elsewhere() const noexcept;
    /// Whether a packet may be queued; `errc{}`: it may. In here an answer is a number, which fits
    /// into a register: a `result` does not.
    [[nodiscard]] errc judge(std::size_t cost, sending how) {
        auto const most = endpoint_.limits().max_queued_bytes;
        auto const is_usual =
            state_ == state::open && !blocked_ && !has_unread_ && how != sending::volatile_;
        if (is_usual && outbox_.fits(cost, 0, most)) return {};
        return judge_closely(cost, how);
    }
    [[nodiscard]] errc judge_closely(std::size_t cost, sending how);
    [[nodiscard]] errc overflow(std::size_t cost, sending how);
    [[nodiscard]] inline errc queue_one(frame_ptr f, sending how);
    static result<void> to_result(errc e) {
        if (e != errc{}) return e;
        return {};
    }
    void close_as_slow(std::string_view what);
    void on_grace_over(tick now);
    bool is_too_fast(std::size_t bytes);
    void charge();
    endpoint_numbers::row& row() noexcept { return endpoint_.numbers().at(row_); }
    void tell_packet(traced_packet const& p) noexcept;
    template <class Handler, class... Args>
    void call(Handler const& handler, Args&&... args);

    endpoint_core& endpoint_;
    session_base* next_dirty_ = nullptr;
    anywire::transport* attached_ = nullptr;
    [[no_unique_address]] outbox outbox_{};  // the next two take the room at its end
    std::uint8_t row_ = endpoint_numbers::no_carrier;
    bool traced_ = false;
    anywire::request request_;
    std::any data_;
    std::unique_ptr<extras> extras_{};
    std::uint32_t charged_ = 0;
    session_loop::id_type id_;
    state state_ = state::fresh;
    bool dirty_ : 1 = false;
    bool blocked_ : 1 = false;
    bool has_unread_ : 1 = false;
    bool paused_ : 1 = false;
    bool has_due_ : 1 = false;
    bool resuming_ : 1 = false;
    bool opened_ : 1 = false;
    bool unprobed_ : 1 = false;
};

}  // namespace anywire

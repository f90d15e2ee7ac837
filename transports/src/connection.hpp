#pragma once

#include "byte_stream.hpp"
#include "core/frame.hpp"
#include "core/timer_wheel.hpp"
#include "io_host.hpp"
#include "poller.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace anywire {

/// Something that a connection keeps until it is destroyed, e.g. its place in a count.
class connection_ticket {
public:
    virtual ~connection_ticket() = default;
};

/// One accepted connection: reads into the shard's buffer, writes without waiting and keeps what
/// did not go out, watches that writes make progress. Owns itself: it is deleted when it has been
/// `drop`ped, no operation is pending and no event of its own is running.
///
/// Thread: the shard's.
class connection : public timer_node, private poller::watcher {
public:
    connection(io_host& host,
               byte_stream stream,
               tick write_stall,
               std::unique_ptr<connection_ticket> ticket);
    connection(connection const&) = delete;
    connection& operator=(connection const&) = delete;
    virtual ~connection();

    /// The server is going down: say goodbye if idle, soon.
    virtual void on_shutdown() = 0;
    /// Closes the socket now; deleted as soon as nothing of it runs.
    void drop() noexcept;
    /// Closes the socket of a loop that has ended: no handler runs any more, but the peer shall
    /// know.
    void cut() noexcept {
        broken_ = true;
        stream_.close();
        on_cut();
    }

    void on_timer(tick now) final;

protected:
    // -- what a derived connection hears ----------------------------------------------------------
    /// Bytes have come. They may be changed in place.
    virtual void on_bytes(char* data, std::size_t size) = 0;
    /// How much it takes at once: less where what is not used yet would have to be kept.
    virtual std::size_t most_at_once() const noexcept { return io_host::read_size; }
    /// The peer sends no more (`orderly`), or the connection is broken.
    virtual void on_end(bool orderly) = 0;
    /// What `send` had kept is out.
    virtual void on_sent() = 0;
    /// A write has made no progress for too long.
    virtual void on_stalled() = 0;
    /// The deadline given to `set_deadline` has come.
    virtual void on_deadline() = 0;
    /// The loop has ended. The last call.
    virtual void on_cut() noexcept {}

    // -- what it uses -----------------------------------------------------------------------------
    io_host& host() noexcept { return host_; }
    session_loop& loop() noexcept { return host_.loop(); }
    byte_stream& stream() noexcept { return stream_; }
    byte_stream const& stream() const noexcept { return stream_; }
    bool is_dropped() const noexcept { return dropped_; }
    /// A write has failed: what is sent goes nowhere, and `on_end` follows.
    bool is_broken() const noexcept { return broken_; }

    /// While one lives, this is not deleted: for calls that come from outside its events.
    class hold {
    public:
        explicit hold(connection& c) noexcept : connection_(c), outer_(c.in_event_) {
            c.in_event_ = true;
        }
        ~hold() {
            connection_.in_event_ = outer_;  // NOLINT(clang-analyzer-*): it is kept
            if (!outer_) connection_.settle();
        }
        hold(hold const&) = delete;
        hold& operator=(hold const&) = delete;

    private:
        connection& connection_;
        bool outer_;
    };
    std::unique_ptr<connection_ticket> take_ticket() noexcept { return std::move(ticket_); }
    bool has_ticket() const noexcept { return ticket_ != nullptr; }
    void set_ticket(std::unique_ptr<connection_ticket> t) noexcept { ticket_ = std::move(t); }
    /// The stream without its connection, for another one on whatever shard. Nothing is read or
    /// written any more: only to be dropped.
    byte_stream take_stream() noexcept;

    /// Asks for `on_bytes`. Idempotent.
    void start_reading();
    void stop_reading() noexcept { want_read_ = false; }
    /// Asks for `on_end` although nothing is read, as soon as the peer has ended or reset: what it
    /// sent before is not read any more then.
    void watch_end(bool watch) noexcept { want_end_ = watch; }

    /// Writes; what does not go out at once is kept. True when all is out.
    bool send(std::string_view bytes);
    /// The same for frames, headed ones among them; those that are kept are kept by a reference of
    /// their own.
    bool send_frames(std::span<frame* const> frames);
    /// Writes as many of the frames as the socket takes now, and keeps the one that it took only a
    /// part of: how many those are. All of them where `unsent_bytes()` is 0 then.
    /// Requires: `unsent_bytes()` is 0, and there are frames.
    std::size_t send_some_frames(std::span<frame* const> frames);
    std::size_t unsent_bytes() const noexcept { return unsent_ ? unsent_->bytes : 0; }

    void set_deadline(tick when);
    void clear_deadline() noexcept { has_deadline_ = false; }
    /// How long a write may make no progress, from the next one on.
    void set_write_stall(tick longest) noexcept { write_stall_ = longest; }

    /// Calls `body` as an event of this connection: it is not deleted while that runs.
    ///
    /// Errors: one that throws ends the connection.
    template <class Body>
    void run_event(Body body) noexcept {
        hold const here(*this);
        host_.begin_event("a connection");
        if (!host_.guard("a connection", body)) break_down();
        host_.end_event();
    }

    /// Calls `body` as an event of its own, soon; never if the connection is dropped before.
    template <class Body>
    void later(Body body) {
        host_.defer([this, body = std::move(body)]() mutable {
            --pending_;
            if (dropped_) return settle();
            run_event(std::move(body));
        });
        ++pending_;
    }

private:
    friend class io_host;
    struct unsent {
        std::vector<frame*> frames{};
        std::size_t offset = 0;  // of the first frame's bytes
        std::size_t bytes = 0;   // all that is left
        ~unsent();
    };

    void on_ready(std::uint32_t events) override;
    void on_sendable();
    io_result read_in() noexcept;
    void read_once();
    template <class Bytes>
    io_result write_out(Bytes bytes) noexcept;
    void read_buffered();
    std::uint32_t wanted() const noexcept;
    void watch();
    bool watch_socket(std::uint32_t events) noexcept;
    void unwatch_rest();
    void unwatch() noexcept;
    /// A write has failed: nothing goes out any more, and the end is told soon.
    void break_off();
    /// An event of it has thrown.
    void break_down() noexcept;
    /// `later` where nothing may throw.
    template <class Body>
    void later_or_end(Body body) noexcept {
        if (host_.guard("a connection", [&] { later(std::move(body)); })) return;
        owes_end_ = true;
        loop().wheel().arm(*this, loop().now());
    }
    void keep(std::span<frame* const> frames, std::size_t already_sent);
    std::size_t write_some_frames(std::span<frame* const> frames,
                                  std::size_t offset,
                                  std::size_t& taken,
                                  io_result& r);
    std::size_t write_pieces(std::span<frame* const> frames,
                             std::size_t offset,
                             std::size_t& taken,
                             io_result& r);
    struct written {
        std::size_t frames = 0;  // whole ones
        std::size_t offset = 0;  // of the bytes of the one after those
        std::size_t bytes = 0;
    };
    written write_frames(std::span<frame* const> frames, std::size_t offset);
    void flush_unsent();
    void settle();
    void arm();

    io_host& host_;
    byte_stream stream_;
    connection* next_ = nullptr;
    connection* previous_ = nullptr;
    std::unique_ptr<unsent> unsent_{};
    std::unique_ptr<connection_ticket> ticket_;
    tick deadline_ = 0;
    tick stall_deadline_ = 0;
    tick write_stall_;
    std::uint32_t pending_ = 0;  // posted functions
    bool dropped_ : 1 = false;
    bool in_event_ : 1 = false;
    bool want_read_ : 1 = false;
    bool read_posted_ : 1 = false;
    bool read_needs_send_ : 1 = false;
    bool is_watched_ : 1 = false;  // the poller knows the socket
    bool watches_reading_ : 1 = false;
    bool watches_sending_ : 1 = false;
    bool want_end_ : 1 = false;
    bool watches_end_ : 1 = false;
    bool has_deadline_ : 1 = false;
    bool broken_ : 1 = false;
    bool owes_end_ : 1 = false;  // there was no memory to tell it soon: the next tick does
};

template <class Visit>
void io_host::for_each_connection(Visit visit) {
    for (auto* c = first_; c;) {
        auto* const next = c->next_;
        visit(*c);
        c = next;
    }
}

}  // namespace anywire

#include "connection.hpp"

#include <utility>

namespace anywire {

connection::connection(io_host& host,
                       byte_stream stream,
                       tick write_stall,
                       std::unique_ptr<connection_ticket> ticket)
    : host_(host),
      stream_(std::move(stream)),
      ticket_(std::move(ticket)),
      write_stall_(write_stall) {
    host_.enlist(*this);
}

connection::~connection() {
    host_.delist(*this);
}

void connection::drop() noexcept {
    if (dropped_) return;
    dropped_ = true;
    want_read_ = false;
    disarm();
    host_.sockets().forget(*this);
    unwatch();
    stream_.close();
    settle();
}

byte_stream connection::take_stream() noexcept {
    want_read_ = false;
    unwatch();
    return std::move(stream_);
}

void connection::settle() {
    if (in_event_) return;
    if (dropped_) {
        if (pending_ == 0) delete this;
        return;
    }
    watch();
}

// -- readiness ------------------------------------------------------------------------------------

std::uint32_t connection::wanted() const noexcept {
    std::uint32_t events = 0;
    if (want_read_ && !read_needs_send_) events |= EPOLLIN | EPOLLRDHUP;
    if (unsent_ || read_needs_send_) events |= EPOLLOUT;
    if (want_end_ && !want_read_) events |= EPOLLRDHUP;
    return events;
}

/// Has the poller watch for what is wanted. What is not wanted any more goes when it comes: reading
/// often goes on before.
void connection::watch() {
    auto const events = wanted();
    auto const reading = (events & EPOLLIN) != 0;
    auto const sending = (events & EPOLLOUT) != 0;
    auto const ending = (events & EPOLLRDHUP) != 0;
    if (reading && stream_.has_buffered()) read_buffered();
    // A socket that could be sent to would be told of at once.
    if ((!reading || watches_reading_) && sending == watches_sending_ && ending <= watches_end_)
        return;
    if (auto* const lent = stream_.lent())
        lent->watch(events, this);
    else if (stream_.descriptor() < 0)
        return;
    else if (!watch_socket(events))
        return break_off();
    is_watched_ = true;
    watches_reading_ = reading;
    watches_sending_ = sending;
    watches_end_ = ending;
}

bool connection::watch_socket(std::uint32_t events) noexcept {
    auto& sockets = host_.sockets();
    return is_watched_ ? sockets.change(stream_.descriptor(), events, *this)
                       : sockets.add(stream_.descriptor(), events, *this);
}

/// Not left to the close: a child that the application forks may hold the socket open beyond it.
void connection::unwatch() noexcept {
    if (auto* const lent = stream_.lent())
        lent->watch(0, nullptr);
    else if (is_watched_)
        host_.sockets().remove(stream_.descriptor());
    is_watched_ = watches_reading_ = watches_sending_ = watches_end_ = false;
}

/// Something has come that nobody waits for; it would come again and again.
void connection::unwatch_rest() {
    auto const events = wanted();
    if (events == 0) return unwatch();
    if (auto* const lent = stream_.lent())
        lent->watch(events, this);
    else if (!watch_socket(events))
        return break_off();
    watches_reading_ = (events & EPOLLIN) != 0;
    watches_sending_ = (events & EPOLLOUT) != 0;
    watches_end_ = (events & EPOLLRDHUP) != 0;
}

void connection::on_ready(std::uint32_t events) {
    constexpr std::uint32_t broken = EPOLLERR | EPOLLHUP;
    auto const now = wanted();
    auto const sendable = (events & (EPOLLOUT | broken)) != 0 && (now & EPOLLOUT) != 0;
    auto const readable = (events & (EPOLLIN | broken)) != 0 && (now & EPOLLIN) != 0;
    auto const ended = (events & (EPOLLRDHUP | broken)) != 0 && want_end_ && !want_read_;
    if (!sendable && !readable && !ended) return unwatch_rest();
    run_event([&] {
        if (ended) {
            want_end_ = false;
            return on_end(false);
        }
        if (sendable) on_sendable();
        if (readable && want_read_ && !read_needs_send_) read_once();
    });
}

// -- reading --------------------------------------------------------------------------------------

void connection::start_reading() {
    want_read_ = true;
    if (!dropped_ && !in_event_) watch();  // `settle` does so at the event's end
}

/// Readiness says nothing of bytes that TLS has taken from the socket already.
void connection::read_buffered() {
    if (read_posted_) return;
    read_posted_ = true;
    later_or_end([this] {
        read_posted_ = false;
        if (want_read_ && stream_.has_buffered()) read_once();
    });
}

io_result connection::read_in() noexcept {
    auto const r = stream_.read(host_.in(), most_at_once());
    host_.numbers().bytes_in.add(r.bytes);
    return r;
}

void connection::read_once() {
    auto const r = read_in();
    switch (r.what) {
        case io_result::status::ok: return on_bytes(host_.in(), r.bytes);
        case io_result::status::again: return;
        case io_result::status::wants_other: read_needs_send_ = true; return;
        case io_result::status::end:
        case io_result::status::failed:
            want_read_ = false;
            if (r.what == io_result::status::failed) broken_ = true;
            return on_end(r.what == io_result::status::end);
    }
}

void connection::on_sendable() {
    if (read_needs_send_) {
        read_needs_send_ = false;
        read_once();
    }
    if (!dropped_ && unsent_) flush_unsent();
}

// -- what breaks ----------------------------------------------------------------------------------

void connection::break_off() {
    if (broken_) return;
    broken_ = true;
    // Not every failed write ends the read side (ENOBUFS does not), and a paused one is not read:
    // the end is told from here. What the peer had sent before is still taken.
    later_or_end([this] {
        constexpr int most_reads = 64;
        for (int i = 0; i < most_reads && want_read_ && !dropped_; ++i) {
            auto const r = read_in();
            if (r.what != io_result::status::ok) break;
            on_bytes(host_.in(), r.bytes);
        }
        if (dropped_) return;
        want_read_ = false;
        on_end(false);
    });
}

void connection::break_down() noexcept {
    if (dropped_) return;
    want_read_ = false;
    // Whoever is above hears of it; should that throw, too, the heartbeat tells them.
    (void)host_.guard("the end of a connection", [this] { on_end(false); });
    drop();
}

// -- time -----------------------------------------------------------------------------------------

void connection::set_deadline(tick when) {
    deadline_ = when;
    has_deadline_ = true;
    arm();
}

void connection::arm() {
    if (dropped_) return;
    if (has_deadline_) loop().wheel().arm(*this, deadline_);
    if (unsent_) loop().wheel().arm(*this, stall_deadline_);
}

void connection::on_timer(tick now) {
    hold const here(*this);
    auto const done = host_.guard("a connection's timer", [&] {
        if (owes_end_) {
            on_end(false);
        } else if (unsent_ && not_after(stall_deadline_, now)) {
            on_stalled();
        } else if (has_deadline_ && not_after(deadline_, now)) {
            has_deadline_ = false;
            on_deadline();
        }
    });
    if (!done || owes_end_) return break_down();
    arm();
}

}  // namespace anywire

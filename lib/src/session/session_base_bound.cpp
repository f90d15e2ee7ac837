#include "session/session_base.hpp"

#include <boost/assert.hpp>

#include <utility>

/// What of a session waits, and what happens when that is too much.
namespace anywire {

/// Counts for the mount what the outbox drops meanwhile.
struct session_base::dropping {
    explicit dropping(session_base& s) noexcept : of(s), before(s.outbox_.dropped()) {}
    ~dropping() { of.numbers().dropped.add(of.outbox_.dropped() - before); }
    dropping(dropping const&) = delete;
    dropping& operator=(dropping const&) = delete;

    session_base& of;
    std::uint32_t before;
};

std::size_t session_base::bytes_elsewhere() const noexcept {
    return (blocked_ && wire_ ? wire_->pending_bytes() : 0) + (has_unread_ ? unread_bytes() : 0);
}

result<void> session_base::admit(std::size_t cost, sending how) {
    if (state_ != state::open) return errc::session_closed;
    // What cannot leave now may be out of date when it can.
    if (how == sending::volatile_ && !is_writable()) {
        outbox_.count_dropped();
        numbers().dropped.add();
        return errc::message_dropped;
    }
    auto const elsewhere = blocked_ || has_unread_ ? bytes_elsewhere() : 0;
    if (outbox_.fits(cost, elsewhere, endpoint_.limits().max_queued_bytes)) return {};
    return overflow(cost, how);
}

/// The queue would pass its bound: what the wire takes at once is written before that is judged.
result<void> session_base::overflow(std::size_t cost, sending how) {
    dropping const counted(*this);
    pump();
    auto const elsewhere = bytes_elsewhere();
    auto const& limits = endpoint_.limits();
    if (outbox_.fits(cost, elsewhere, limits.max_queued_bytes)) return {};
    if (how == sending::volatile_) {
        outbox_.count_dropped();
        return errc::message_dropped;
    }
    auto const had_grace = outbox_.is_over();
    auto const what = outbox_.judge(cost, elsewhere, limits, loop().now());
    if (!had_grace) arm();
    switch (what) {
        case outbox::verdict::take: return {};
        case outbox::verdict::drop: return errc::message_dropped;
        case outbox::verdict::refuse:
            if (how == sending::unheard) outbox_.count_dropped();
            return errc::send_queue_full;
        case outbox::verdict::close: break;
    }
    close_as_slow("the client does not read");
    return errc::session_closed;
}

void session_base::close_as_slow(std::string_view what) {
    log(log_level::info,
        "closed as a slow consumer: ",
        what,
        ", ",
        outbox_.bytes() + bytes_elsewhere(),
        " bytes wait (session_limits::max_queued_bytes, burst_grace, max_burst_bytes)");
    fail(close_reason::slow_consumer, close_code::try_again_later, "slow consumer");
}

void session_base::send_own(frame_ptr f) {
    BOOST_ASSERT(f->is_protocol());
    auto const cost = f->cost();
    auto const fits = [&] {
        auto const own = outbox_.own_bytes();
        return own == 0 || own + cost <= outbox::max_own_bytes;
    };
    if (!fits()) pump();
    if (!fits()) return close_as_slow("it asks for more answers than it reads");
    outbox_.push(std::move(f));
    mark_dirty();
}

void session_base::on_grace_over(tick now) {
    dropping const counted(*this);
    auto const what = outbox_.on_grace_over(bytes_elsewhere(), endpoint_.limits(), now);
    if (what == outbox::verdict::close) close_as_slow("it did not catch up in time");
}

/// Tells the loop how much of the memory in queues is this session's.
void session_base::charge() {
    auto const now =
        static_cast<std::uint32_t>(outbox_.exclusive_bytes() + bytes_elsewhere() + inbox_bytes());
    if (now == charged_) return;
    numbers().queued_bytes.add(std::uint64_t{now} - charged_);  // down: it wraps around
    loop().charge(std::exchange(charged_, now), now);
}

}  // namespace anywire

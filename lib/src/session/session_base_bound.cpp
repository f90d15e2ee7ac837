#include "core/utf8.hpp"
#include "session/session_base.hpp"
#include "session/session_base_extras.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <memory>
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
    return (blocked_ && attached_ ? attached_->pending_bytes() : 0) +
           (has_unread_ ? unread_bytes() : 0);
}

result<void> session_base::admit(std::size_t cost, sending how) {
    return to_result(judge(cost, how));
}

/// What `judge` has to look at where more is to be asked than whether it fits.
errc session_base::judge_closely(std::size_t cost, sending how) {
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

/// The queue would pass its bound: what the transport takes at once is written before that is
/// judged.
errc session_base::overflow(std::size_t cost, sending how) {
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
    end(close_reason::slow_consumer, ending::now, "slow consumer");
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

// -- messages of which only the latest counts -----------------------------------------------------

result<void> session_base::send_latest(std::string_view key, message_view m) {
    if (key.empty()) return send(m);
    if (state_ != state::open) return errc::session_closed;
    loop().wake();
    if (!m.binary && !is_utf8(m.data)) return errc::bad_utf8;
    auto f = message_codec().encode(m, loop().scratch());
    if (!f) return errc::bad_utf8;
    f->set_key(outbox::key_of(endpoint_.hash_key(), key));
    return send_keyed(std::move(f), sending::direct);
}

result<void> session_base::send_keyed(frame_ptr f, sending how) {
    if (state_ != state::open) return errc::session_closed;
    // In the place of another one it needs only the room that it takes beyond that.
    auto const* const waiting = outbox_.find(f->key());
    auto const held = waiting ? waiting->cost() : 0;
    if (f->cost() > held)
        if (auto const why = judge(f->cost() - held, how); why != errc{}) return why;
    // What made room for it may have written the other one, or dropped it.
    if (outbox_.push_latest(std::move(f))) ++more().replaced;
    mark_dirty();
    return {};
}

std::uint64_t session_base::replaced() const noexcept {
    return extras_ ? extras_->replaced : 0;
}

// -- how fast the client sends --------------------------------------------------------------------

/// Counts a message of the client's; ends the session if it sends faster than it may.
bool session_base::is_too_fast(std::size_t bytes) {
    auto& came = more().came;
    if (!came) came = std::make_unique<rates>();
    auto const& l = endpoint_.limits();
    auto const takes = [&](token_bucket& from, std::size_t n, std::size_t rate, std::size_t burst) {
        return rate == 0 || from.take(n, rate, burst, loop().now());
    };
    auto const in_burst = [](std::size_t burst, std::size_t rate) {
        return burst == 0 ? rate : burst;
    };
    auto const messages = in_burst(l.message_burst, l.max_messages_per_second);
    auto const most = std::max(in_burst(l.byte_burst, l.max_bytes_per_second), l.max_message);
    char const* what = nullptr;
    if (!takes(came->messages, 1, l.max_messages_per_second, messages))
        what = "too many messages";
    else if (!takes(came->bytes, bytes, l.max_bytes_per_second, most))
        what = "too many bytes";
    if (!what) return false;
    end(close_reason::rate_limited, ending::now, what);
    return true;
}

}  // namespace anywire

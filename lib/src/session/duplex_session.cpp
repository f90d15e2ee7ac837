#include "session/duplex_session.hpp"

#include <array>
#include <utility>

namespace anywire {
namespace {

frame_ptr ping_frame() {
    // As `make_constant_frame` wants it kept.
    static auto const& ping = *new frame_ptr([] {
        frame_ptr f(frame::make(std::string_view{}, frame_kind::ping));
        f->mark_protocol();
        return f;
    }());
    return ping;
}

}  // namespace

// -- the heartbeat --------------------------------------------------------------------------------

duplex_session::duplex_session(endpoint_core& endpoint, origin from, duplex_timing const& timing)
    : session_base(endpoint, std::move(from)), timing_(timing) {
    if (timing_.ping_interval == 0) return;
    // The first falls at 0.8 to 1.0 of the interval, so that a storm of connects is no storm of
    // pings later.
    auto const fifth = timing_.ping_interval / 5 + 1;
    next_ping_ = loop().now() + timing_.ping_interval - loop().random_u32() % fifth;
    set_due(next_ping_);
}

void duplex_session::on_payload(anywire::transport& from, std::string_view data, bool binary) {
    if (is_traced()) tell_received(from, data, binary);
    on_alive(from);
    if (current() <= state::open) on_message(data, binary);
}

void duplex_session::on_alive(anywire::transport&) {
    awaiting_pong_ = false;
}

void duplex_session::on_due(tick now) {
    if (!attached()) return;
    if (awaiting_pong_ && not_after(silent_since_ + timing_.ping_timeout, now)) {
        // A ping that still waits after unsent bytes has not been heard; the carrier's own limit
        // on stalled writes decides then.
        if (!is_blocked() && !is_paused()) return on_silence();
        silent_since_ = now;
    }
    if (not_after(next_ping_, now)) {
        // One that waits after unsent bytes is enough.
        if (current() == state::open && !(awaiting_pong_ && is_blocked())) send_ping();
        if (!awaiting_pong_) {
            silent_since_ = now;
            graces_ = 2;
        }
        awaiting_pong_ = true;
        next_ping_ = now + timing_.ping_interval;
    }
    wait();
}

/// Until the next ping, or until the peer has been silent for too long.
void duplex_session::wait() {
    auto const silence = silent_since_ + timing_.ping_timeout;
    set_due(awaiting_pong_ && not_after(silence, next_ping_) ? silence : next_ping_);
}

void duplex_session::on_writable(anywire::transport& from) {
    session_base::on_writable(from);
    give_time();
}

void duplex_session::on_resumed() {
    give_time();
}

// The ping may have been stuck in what is on the wire only now, or after it: so twice. The answer
// may have been waiting for the session to read again.
void duplex_session::give_time() {
    if (!awaiting_pong_ || graces_ == 0) return;
    --graces_;
    silent_since_ = loop().now();
    wait();
}

void duplex_session::send_ping() {
    send_own(ping_frame());
}

void duplex_session::on_silence() {
    end(close_reason::heartbeat_timeout, ending::now, "no answer to a ping");
}

// -- plain ----------------------------------------------------------------------------------------

namespace {

class plain_codec final : public codec {
public:
    frame_ptr encode(message_view m, std::string&) const override {
        return frame_ptr(frame::make(m.data, m.binary ? frame_kind::binary : frame_kind::text));
    }
    bool splits(bool) const noexcept override { return true; }
    void append_head(std::string& out, std::string_view head, bool) const override {
        out.append(head);
    }
};
constexpr plain_codec as_they_are;

}  // namespace

codec const& plain_session::message_codec() const noexcept {
    return as_they_are;
}

}  // namespace anywire

#include "session/sockjs_session.hpp"

#include "session/sockjs_frames.hpp"

#include <array>

namespace anywire {
namespace {

// A client asks again when it has read. One that asks on ever more connections without reading is
// not looked after for ever.
constexpr std::size_t most_unread = 16;

}  // namespace

sockjs_session::sockjs_session(endpoint_core& endpoint,
                               origin from,
                               std::string_view wire_id,
                               sockjs_timing const& timing)
    : session_base(endpoint, std::move(from)), timing_(timing), wire_id_(wire_id) {
    send_own(sockjs_open_frame());
    set_due(loop().now() + timing_.disconnect_delay);
}

sockjs_session::~sockjs_session() {
    held_.release(false);
    for (auto* wire : draining_) wire->abort();
}

std::string_view sockjs_session::transport() const noexcept {
    return last_name_;
}

void sockjs_session::attach(anywire::transport& wire) {
    last_name_ = wire.name();
    if (current() >= state::ended)
        return goodbye_frame_ && draining_.size() < most_unread ? serve_goodbye(wire)
                                                                : wire.abort();
    session_base::attach(wire);
    set_due(loop().now() + timing_.heartbeat);
}

void sockjs_session::serve_goodbye(anywire::transport& wire) {
    std::array<frame* const, 1> const batch{goodbye_frame_.get()};
    auto const r = wire.write(batch);
    if (r.then != write_result::next::ended) drain(wire);
    set_due(loop().now() + timing_.disconnect_delay);
}

result<void> sockjs_session::receive(std::span<std::string_view const> messages) {
    if (current() >= state::closing) return {};  // taken and dropped, as the reference does
    if (is_paused() && inbox_bytes() != 0) {
        std::size_t cost = inbox_bytes();
        for (auto const m : messages) cost += m.size() + frame::overhead;
        if (cost > endpoint().limits().max_queued_bytes) return errc::send_queue_full;
    }
    for (auto const m : messages) {
        if (is_traced()) tell_body(m);
        deliver(m);
    }
    return {};
}

codec const& sockjs_session::message_codec() const noexcept {
    return sockjs_codec();
}

void sockjs_session::on_closing(goodbye const& how) {
    goodbye_frame_ = make_sockjs_close(loop(), how.code, how.text);
    send_own(goodbye_frame_);
}

void sockjs_session::end_carrier(goodbye const& how) {
    if (!goodbye_frame_ || has_failed())
        goodbye_frame_ = make_sockjs_close(loop(), how.code, how.text);
    auto* const receiver = wire();
    if (!receiver) return;
    auto const blocked = is_blocked();
    lose_wire();
    if (blocked)
        receiver->abort();
    else
        serve_goodbye(*receiver);
}

void sockjs_session::on_finished(anywire::transport* draining) {
    if (draining) drain(*draining);
    if (!draining_.empty()) return clear_due();
    set_due(loop().now() + timing_.disconnect_delay);
}

/// A receiver has ended in order, and its client has still to read that.
void sockjs_session::drain(anywire::transport& wire) {
    draining_.push_back(&wire);
    set_unread(true);
    if (draining_.size() > most_unread && current() == state::open)
        fail(close_reason::slow_consumer, close_code::try_again_later, "slow consumer");
}

std::size_t sockjs_session::unread_bytes() const noexcept {
    std::size_t bytes = 0;
    for (auto const* wire : draining_) bytes += wire->pending_bytes();
    return bytes;
}

void sockjs_session::on_closed(anywire::transport& from, bool orderly, close_event const& how) {
    if (std::erase(draining_, &from) == 0) return session_base::on_closed(from, orderly, how);
    set_unread(!draining_.empty());
    if (current() < state::ended && !orderly) {
        // Messages were lost with it, even if the client has come back already.
        drop_receiver();
        return end(how);
    }
    if (wire() || !draining_.empty()) return;
    set_due(loop().now() + (orderly ? timing_.disconnect_delay : 1));
}

void sockjs_session::on_next_waiting(anywire::transport& from) {
    // A heartbeat is what an answer without messages says.
    if (&from == wire() && current() == state::open && !has_queued())
        send_own(sockjs_heartbeat_frame());
}

void sockjs_session::on_due(tick now) {
    if (current() >= state::ended) {
        // One that has ended in this very turn is told of first.
        if (current() == state::retired && draining_.empty()) die();
        return;
    }
    if (wire()) {
        if (current() == state::open) send_own(sockjs_heartbeat_frame());
        return set_due(now + timing_.heartbeat);
    }
    if (draining_.empty())
        end({close_reason::transport_lost, close_code::abnormal, "no request came in time"});
}

void sockjs_session::on_retired() {
    held_.release(false);
    drop_receiver();  // one that was abandoned while it closed still has it
    // Whoever broke off finds a new session; whoever was told goodbye hears it again for a while.
    if (!goodbye_frame_) return die();
    set_due(loop().now() + timing_.disconnect_delay);
}

void sockjs_session::drop_receiver() {
    auto* const receiver = wire();
    if (!receiver) return;
    lose_wire();
    receiver->abort();
}

}  // namespace anywire

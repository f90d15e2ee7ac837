#include "session/http_session.hpp"

#include <array>

namespace anywire {
namespace {

// A client asks again when it has read. One that asks on ever more connections without reading is
// not looked after for ever.
constexpr std::size_t most_unread = 16;

}  // namespace

http_session::http_session(endpoint_core& endpoint,
                           origin from,
                           std::string_view sid,
                           session_protocol const& speaks,
                           http_timing const& timing)
    : session_base(endpoint, std::move(from)), speaks_(speaks), timing_(timing), sid_(sid) {
    if (auto first = speaks_.open_frame()) send_own(std::move(first));
    set_due(loop().now() + timing_.disconnect_delay);
}

http_session::~http_session() {
    held_.release(false);
    for (auto* t : draining_) t->abort();
}

std::string_view http_session::transport() const noexcept {
    return last_name_;
}

void http_session::attach(anywire::transport& to) {
    last_name_ = to.name();
    if (current() >= state::ended)
        return goodbye_frame_ && draining_.size() < most_unread ? serve_goodbye(to) : to.abort();
    session_base::attach(to);
    set_due(loop().now() + timing_.heartbeat);
}

void http_session::serve_goodbye(anywire::transport& to) {
    std::array<frame* const, 1> const batch{goodbye_frame_.get()};
    auto const r = to.write(batch);
    if (r.then != write_result::next::ended) drain(to);
    set_due(loop().now() + timing_.disconnect_delay);
}

namespace {

std::string_view bytes_of(std::string_view m) noexcept {
    return m;
}
std::string_view bytes_of(message_view m) noexcept {
    return m.data;
}

}  // namespace

template <class Message>
result<void> http_session::take(std::span<Message const> messages) {
    if (current() >= state::closing) return {};  // taken and dropped, as the reference does
    if (is_paused() && inbox_bytes() != 0) {
        std::size_t cost = inbox_bytes();
        for (auto const m : messages) cost += bytes_of(m).size() + frame::overhead;
        if (cost > home().limits().max_queued_bytes) return errc::send_queue_full;
    }
    for (auto const m : messages) {
        if (is_traced()) tell_body(bytes_of(m));
        deliver(m);
    }
    return {};
}

result<void> http_session::receive(std::span<message_view const> messages) {
    return take(messages);
}
result<void> http_session::receive(std::span<std::string_view const> messages) {
    return take(messages);
}

frame_ptr http_session::make_goodbye(goodbye const& how) {
    return speaks_.goodbye_frame(how.code, how.text, loop().scratch());
}

void http_session::on_closing(goodbye const& how) {
    goodbye_frame_ = make_goodbye(how);
    if (goodbye_frame_) send_own(goodbye_frame_);
}

void http_session::end_carrier(goodbye const& how) {
    if (!goodbye_frame_ || how.is_sudden()) goodbye_frame_ = make_goodbye(how);
    auto* const receiver = attached();
    if (!receiver) return;
    auto const blocked = is_blocked();
    detach();
    if (blocked || !goodbye_frame_)
        receiver->abort();
    else
        serve_goodbye(*receiver);
}

void http_session::on_finished(anywire::transport* draining) {
    if (draining) drain(*draining);
    if (!draining_.empty()) return clear_due();
    set_due(loop().now() + timing_.disconnect_delay);
}

/// A receiver has ended in order, and its client has still to read that.
void http_session::drain(anywire::transport& receiver) {
    draining_.push_back(&receiver);
    set_unread(true);
    if (draining_.size() > most_unread && current() == state::open)
        end(close_reason::slow_consumer, ending::now, "slow consumer");
}

std::size_t http_session::unread_bytes() const noexcept {
    std::size_t bytes = 0;
    for (auto const* t : draining_) bytes += t->pending_bytes();
    return bytes;
}

void http_session::on_closed(anywire::transport& from, bool orderly, close_event const& how) {
    if (std::erase(draining_, &from) == 0) return session_base::on_closed(from, orderly, how);
    set_unread(!draining_.empty());
    if (current() < state::ended && !orderly) {
        // Messages were lost with it, even if the client has come back already.
        drop_receiver();
        return end(how, ending::silently);
    }
    if (attached() || !draining_.empty()) return;
    set_due(loop().now() + (orderly ? timing_.disconnect_delay : 1));
}

void http_session::on_next_waiting(anywire::transport& from) {
    // A heartbeat is what an answer without messages says.
    if (&from == attached() && current() == state::open && !has_queued()) send_heartbeat();
}

void http_session::send_heartbeat() {
    if (auto beat = speaks_.heartbeat_frame()) send_own(std::move(beat));
}

void http_session::on_due(tick now) {
    if (current() >= state::ended) {
        // One that has ended in this very turn is told of first.
        if (current() == state::retired && draining_.empty()) die();
        return;
    }
    if (attached()) {
        if (current() == state::open) send_heartbeat();
        return set_due(now + timing_.heartbeat);
    }
    if (draining_.empty())
        end({close_reason::transport_lost, close_code::abnormal, "no request came in time"},
            ending::silently);
}

void http_session::on_retired() {
    held_.release(false);
    drop_receiver();  // one that was abandoned while it closed still has it
    // Whoever broke off finds a new session; whoever was told goodbye hears it again for a while.
    if (!goodbye_frame_) return die();
    set_due(loop().now() + timing_.disconnect_delay);
}

void http_session::drop_receiver() {
    auto* const receiver = attached();
    if (!receiver) return;
    detach();
    receiver->abort();
}

}  // namespace anywire

// What a client's socket sends, and what waits until it can.
#include "client_socket_core.hpp"

#include <algorithm>
#include <utility>

namespace anywire::socketio {
namespace {

using std::chrono::milliseconds;
using wire::packet_type;

/// What each event costs beside its bytes.
constexpr std::size_t overhead = 64;
/// How long an answer is waited for before an event is sent again, where nobody has said.
constexpr milliseconds default_retry{10'000};

std::size_t cost_of(detail::encoded const& e) noexcept {
    auto bytes = e.json.size() + overhead;
    for (auto const& a : e.attachments) bytes += a.size() + overhead;
    return bytes;
}

}  // namespace

result<void> client_socket_core::emit_event(emit_flags const& flags,
                                            detail::encoded e,
                                            detail::ack_handler a) {
    if (!e.attachments.empty() && !wire::has_sound_placeholders(e.json, e.attachments.size())) {
        of_.note(nsp_,
                 "an event was not sent: it repeats an object of the server's that only "
                 "looks like bytes");
        return errc::message_dropped;
    }
    auto const can_leave = state_ == state::connected && kept_.empty() && !is_flushing_;
    if (flags.is_volatile) {
        if (!can_leave || !of_.is_writable()) return errc::message_dropped;
        return emit_now(flags, std::move(e), std::move(a));
    }
    if (options_.retries != 0) return enqueue(flags, std::move(e), std::move(a));
    if (can_leave) return emit_now(flags, std::move(e), std::move(a));
    return keep(flags, std::move(e), std::move(a));
}

result<void> client_socket_core::emit_now(emit_flags const& flags,
                                          detail::encoded e,
                                          detail::ack_handler a) {
    std::optional<std::uint64_t> id;
    if (a) id = next_id_++;
    auto const sent = of_.send(packet_type::event, nsp_, id, e, flags.is_compressed);
    if (!sent) return sent;
    if (a) wait_for_ack(*id, std::move(a), timeout_of(flags), true);
    tell_outgoing(e);
    return {};
}

std::optional<milliseconds> client_socket_core::timeout_of(emit_flags const& flags) const noexcept {
    if (flags.timeout) return flags.timeout;
    if (options_.ack_timeout.count() != 0) return options_.ack_timeout;
    if (options_.retries != 0) return default_retry;
    return std::nullopt;
}

bool client_socket_core::has_room(std::size_t cost) const noexcept {
    return kept_bytes_ == 0 || kept_bytes_ + cost <= of_.opts().max_buffered_bytes;
}

// -- what waits for the connection ----------------------------------------------------------------

result<void> client_socket_core::keep(emit_flags const& flags,
                                      detail::encoded e,
                                      detail::ack_handler a) {
    auto const cost = cost_of(e);
    if (!has_room(cost)) return errc::send_queue_full;
    std::optional<std::uint64_t> id;
    if (a) {
        id = next_id_++;
        wait_for_ack(*id, std::move(a), timeout_of(flags), false);
    }
    kept_.push_back({id, std::move(e), flags.is_compressed, is_telling_, cost});
    kept_bytes_ += cost;
    return {};
}

void client_socket_core::forget_kept(std::uint64_t id) {
    auto const found =
        std::find_if(kept_.begin(), kept_.end(), [id](auto const& k) { return k.id == id; });
    if (found == kept_.end()) return;
    kept_bytes_ -= found->cost;
    kept_.erase(found);
}

void client_socket_core::flush() {
    if (is_flushing_) return;
    is_flushing_ = true;
    while (state_ == state::connected && !kept_.empty()) {
        auto const& next = kept_.front();
        if (!of_.send(packet_type::event, nsp_, next.id, next.event, next.compress)) break;
        auto const k = std::move(kept_.front());
        kept_.pop_front();
        kept_bytes_ -= k.cost;
        for (auto& a : acks_)
            if (k.id && a.id == *k.id) a.is_sent = true;
        if (!k.is_silent) tell_outgoing(k.event);
    }
    is_flushing_ = false;
}

void client_socket_core::on_drained() {
    if (state_ == state::waiting && of_.has_session()) return on_session();
    if (state_ != state::connected) return;
    flush();
    drain_queue();
    if (kept_.empty()) (void)drain_.tell(of_.caller());
}

// -- what waits for its turn ----------------------------------------------------------------------

result<void> client_socket_core::enqueue(emit_flags const& flags,
                                         detail::encoded e,
                                         detail::ack_handler a) {
    auto const cost = cost_of(e);
    if (!has_room(cost)) return errc::send_queue_full;
    queue_.push_back({next_number_++, flags, std::move(e), std::move(a), cost});
    kept_bytes_ += cost;
    drain_queue();
    return {};
}

/// Sends the first, if it is not on its way.
void client_socket_core::drain_queue() {
    if (state_ != state::connected || queue_.empty()) return;
    auto& first = queue_.front();
    if (first.is_pending) return;
    auto const id = next_id_;
    // Where there is no room, `on_drained` tries again.
    if (!of_.send(packet_type::event, nsp_, id, first.event, first.flags.is_compressed)) return;
    ++next_id_;
    first.is_pending = true;
    ++first.tries;
    auto on_answer = [this, number = first.number](error_code error,
                                                   std::span<arguments const> answers) {
        return on_answered(number, error, answers);
    };
    wait_for_ack(id, std::move(on_answer), timeout_of(first.flags), true);
    tell_outgoing(first.event);
}

bool client_socket_core::on_answered(std::uint64_t number,
                                     error_code error,
                                     std::span<arguments const> answers) {
    if (queue_.empty() || queue_.front().number != number) return true;
    queue_.front().is_pending = false;
    if (error && queue_.front().tries <= options_.retries) {
        drain_queue();
        return true;
    }
    auto const done = std::move(queue_.front());
    queue_.pop_front();
    kept_bytes_ -= done.cost;
    auto const fits = !done.ack || done.ack(error, answers);
    drain_queue();
    return fits;
}

// -- who else hears of it -------------------------------------------------------------------------

void client_socket_core::tell_outgoing(detail::encoded const& e) {
    if (any_outgoing_.empty() || is_telling_) return;
    arguments const all(e.json, e.attachments);
    auto const name = all[0].as_string().value_or("");
    auto const args = all.from(1);
    is_telling_ = true;
    (void)any_outgoing_.tell(of_.caller(), event(name, args, nullptr));
    is_telling_ = false;
}

}  // namespace anywire::socketio

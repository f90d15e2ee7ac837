#include "client.hpp"
#include "core/log_text.hpp"
#include "reserved_names.hpp"
#include "socket_core.hpp"

#include <utility>

/// What a socket sends, and who else hears of that.
namespace anywire::socketio {

bool socket_core::admits(emit_flags const& flags, std::size_t cost) {
    return !flags.is_volatile || conn_.admit(cost, sending::volatile_).has_value();
}

void socket_core::note_unsent(std::string_view name, std::string_view why) {
    client_.note(io_core::notice::unsound, nsp_->name(), "'", shown(name), "' was not sent: ", why);
}

result<void> socket_core::send_event(emit_flags const& flags,
                                     std::string_view name,
                                     detail::encoded e,
                                     detail::ack_handler a) {
    check_emitted_name(name);
    check_latest(flags, a != nullptr);
    std::optional<std::uint64_t> id;
    if (a && !has_given_up_acks_) id = nsp_->next_ack_id();
    auto const is_asking = a != nullptr;
    // One that is not sent is told with those that were.
    if (id) wait_for_ack(*id, std::move(a), flags);
    if (state_ != state::connected) return errc::session_closed;
    if (flags.is_volatile && !admits(flags, 0)) return errc::message_dropped;
    if (!is_sound(e)) return note_unsent(name, why_unsound), errc::message_dropped;
    if (has_pieces(flags, e, client_.io().parser()))
        return note_unsent(name, why_in_pieces), errc::message_dropped;
    if (!is_asking && is_kept(flags) && stored_) return send_kept(flags, std::move(e));
    if (hears_outgoing()) tell_outgoing(e.json, e.attachments);
    if (state_ != state::connected) return errc::session_closed;
    auto frames = make_frames(client_.io().parser(),
                              wire::packet_type::event,
                              nsp_->name(),
                              id,
                              e,
                              how_,
                              flags.is_compressed);
    if (flags.is_volatile) return conn_.send_frames(frames, sending::volatile_);
    if (flags.key.empty()) return conn_.send_frames(frames);
    frames.front()->set_key(nsp_->frame_key(flags.key));
    return conn_.send_latest(std::move(frames.front()));
}

/// It may recover: the event goes into the log.
result<void> socket_core::send_kept(emit_flags const& flags, detail::encoded e) {
    if (!client_.io().opts().make_adapter) {
        if (hears_outgoing()) tell_outgoing(e.json, e.attachments);
        if (state_ != state::connected) return errc::session_closed;
        return nsp_->send_logged(*this, std::move(e), flags);
    }
    // Other servers have to know of it, too.
    nsp_->adapter().broadcast(std::move(e), {{id_text}, {}}, flags);
    return {};
}

void socket_core::on_drained() {
    if (rare_) tell_all(std::vector(rare_->drain));
}

void socket_core::on_upgraded() {
    if (rare_) tell_all(std::vector(rare_->upgrade));
}

void socket_core::tell_all(std::vector<std::function<void()>> const& listeners) {
    if (state_ != state::connected) return;
    for (auto const& f : listeners)
        if (!client_.call(f))
            return client_.break_off(close_reason::handler_failed, "handler failed");
}

void socket_core::send_packet(outgoing_packet const& packet, bool is_volatile) {
    auto const how = is_volatile ? sending::volatile_ : sending::unheard;
    if (auto only = packet.only_frame(how_)) {
        if (only->key() != 0) return (void)conn_.send_latest(std::move(only), how);
        return (void)conn_.send_frames({&only, 1}, how);
    }
    auto frames = packet.frames(how_);
    (void)conn_.send_frames(frames, how);
}

result<void> socket_core::send_now(outgoing_packet const& packet) {
    if (auto only = packet.only_frame(how_)) return conn_.send_frames({&only, 1});
    auto frames = packet.frames(how_);
    return conn_.send_frames(frames);
}

void socket_core::send_asking(outgoing_packet const& packet,
                              std::uint64_t id,
                              emit_flags const& flags,
                              detail::ack_handler a) {
    wait_for_ack(id, std::move(a), flags);
    send_packet(packet, flags.is_volatile);
}

void socket_core::send_ack(std::uint64_t id, detail::encoded const& e) {
    if (state_ != state::connected) return;
    if (!is_sound(e)) return note_unsent("an acknowledgement", why_unsound);
    auto frames =
        make_frames(client_.io().parser(), wire::packet_type::ack, nsp_->name(), id, e, how_, true);
    (void)conn_.send_frames(frames, sending::unheard);
}

bool socket_core::hears_outgoing() const noexcept {
    return rare_ && !rare_->any_outgoing.empty() && !part_.at().is_telling;
}

void socket_core::tell_outgoing(std::string_view payload,
                                std::span<std::string const> attachments) {
    arguments const all(payload, attachments);
    auto const name = all[0].as_string().value_or("");
    auto const args = all.from(1);
    event const e(name, args, nullptr);
    auto const listeners = rare_->any_outgoing;
    auto const was_telling = std::exchange(at().is_telling, true);
    auto const good = client_.call([&] {
        for (auto const& l : listeners) l->second(e);
    });
    at().is_telling = was_telling;
    if (!good) client_.break_off(close_reason::handler_failed, "handler failed");
}

}  // namespace anywire::socketio

#include <anywire/layer.hpp>

#include "session/session_base.hpp"

#include <utility>

namespace anywire {
namespace {

/// Every session of this library is one.
session_base& base_of(session& s) noexcept {
    return static_cast<session_base&>(s);
}

}  // namespace

// -- the session under a layer --------------------------------------------------------------------

session& session_below::operator*() const noexcept {
    return *session_;
}
codec const& session_below::message_codec() const noexcept {
    return session_->message_codec();
}
std::string_view session_below::sid() const noexcept {
    return session_->sid();
}
bool session_below::is_probed() const noexcept {
    return session_->is_probed();
}
bool session_below::is_paused() const noexcept {
    return session_->is_paused();
}
result<void> session_below::send_frames(std::span<frame_ptr> packet, sending how) const {
    return session_->send_frames(packet, how);
}
result<void> session_below::send_headed(std::string_view head,
                                        shared_message& rest,
                                        sending how) const {
    return session_->send_headed(head, rest, how);
}
result<void> session_below::send_latest(frame_ptr f, sending how) const {
    return session_->send_keyed(std::move(f), how);
}
result<void> session_below::admit(std::size_t cost, sending how) const {
    return session_->admit(cost, how);
}
void session_below::send_own(frame_ptr f) const {
    session_->send_own(std::move(f));
}
void session_below::prefetch() const noexcept {
    session_->prefetch();
}

void session_below::end(close_reason why, ending when, std::string_view text) const {
    session_->end(why, when, text);
}

// -- the layer ------------------------------------------------------------------------------------

handlers layer::as_handlers(std::shared_ptr<layer> self) {
    handlers h;
    h.on_open = [self = std::move(self)](session& s) {
        auto& base = base_of(s);
        auto part = self->open(session_below(base));
        part->owner_ = self.get();
        base.layered = std::move(part);
        base.layered->on_open();
    };
    h.on_message = [](session& s, message_view m) {
        if (auto* const part = base_of(s).layered.get()) part->on_message(m);
    };
    h.on_drain = [](session& s) {
        if (auto* const part = base_of(s).layered.get()) part->on_drain();
    };
    h.on_close = [](session& s, close_event const& how) {
        // It is found as long as it is told.
        auto& base = base_of(s);
        if (!base.layered) return;
        base.layered->on_close(how);
        base.layered.reset();
    };
    return h;
}

layer_session* layer::find_part(session& s) const noexcept {
    auto* const part = base_of(s).layered.get();
    return part && part->owner_ == this ? part : nullptr;
}

}  // namespace anywire

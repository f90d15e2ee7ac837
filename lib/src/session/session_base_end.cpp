#include "core/log_text.hpp"
#include "session/session_base_extras.hpp"

#include <utility>

/// How the application and the server end a session, pause it and group it.
namespace anywire {

void session_base::end_for(goodbye how, state then) {
    more().last_words = std::make_unique<goodbye>(std::move(how));
    state_ = then;
    mark_dirty();
}

void session_base::close(close_code code, std::string_view text) {
    auto const n = static_cast<unsigned>(code);
    if (n != 1000 && (n < 3000 || n > 4999)) code = close_code::normal;
    if (state_ != state::open) return;
    end_for({close_reason::server_closed, code, std::string(text)}, state::closing);
    on_closing(*extras_->last_words);
}

void session_base::close_for(close_reason why, std::string_view text) {
    if (state_ != state::open && state_ != state::fresh) return;
    end_for({why, to_close_code(why), std::string(text)}, state::closing);
    on_closing(*extras_->last_words);
}

void session_base::abandon(close_reason why) {
    end({why, close_code::abnormal, {}});
}

std::size_t session_base::queued_bytes() const noexcept {
    return outbox_.bytes() + bytes_elsewhere();
}

std::string_view session_base::transport() const noexcept {
    return wire_ ? wire_->name() : std::string_view{};
}

void session_base::set_subprotocol(std::string name) {
    if (!name.empty())
        more().subprotocol = std::make_unique<std::string>(std::move(name));
    else if (extras_)
        extras_->subprotocol.reset();
}

std::string_view session_base::subprotocol() const noexcept {
    return extras_ && extras_->subprotocol ? std::string_view{*extras_->subprotocol}
                                           : std::string_view{};
}

void session_base::pause() {
    if (paused_ || state_ != state::open) return;
    paused_ = true;
    if (wire_) wire_->pause_reading(true);
}

void session_base::resume() {
    if (!paused_) return;
    paused_ = false;
    resuming_ = true;
    mark_dirty();
}

bool session_base::join(std::string_view group) {
    if (state_ != state::open && state_ != state::fresh) return false;
    if (endpoint_.join(*this, group)) return true;
    if (auto const left_out = endpoint_.admit(endpoint_core::notice::groups))
        log(log_level::info,
            "in `session_limits::max_groups` already, and not let into '",
            shown(group),
            "'",
            more_like_it(*left_out));
    return false;
}

session_base::group_list* session_base::groups() noexcept {
    return extras_ && !extras_->groups.empty() ? &extras_->groups : nullptr;
}
session_base::group_list& session_base::make_groups() {
    return more().groups;
}
void session_base::drop_groups() noexcept {
    if (extras_) extras_->groups = {};
}

void session_base::after(std::chrono::milliseconds delay, std::function<void(session&)> fn) {
    if (state_ != state::open) return;
    loop().wake();
    auto const when = loop().now() + to_ticks(delay) + 1;
    auto* place = &more().timers;
    while (*place && not_after((*place)->when, when)) place = &(*place)->next;
    *place = std::make_unique<timer>(timer{when, std::move(fn), std::move(*place)});
    arm();
}

}  // namespace anywire

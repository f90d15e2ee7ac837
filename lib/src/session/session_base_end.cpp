#include "core/log_text.hpp"
#include "session/session_base_extras.hpp"

#include <utility>

/// How the application and the server end a session, pause it and group it.
namespace anywire {

/// False where the step means nothing in the session's state.
bool session_base::take(session_step by) noexcept {
    auto const& then = transition(state_, by);
    if (!then.happens) return false;
    state_ = then.to;
    if (!then.drops_queue) return true;
    outbox_.clear();
    if (extras_) extras_->kept.reset();
    return true;
}

void session_base::end(close_event const& how, ending when) {
    auto const step = step_of(when);
    auto const& then = transition(state_, step);
    if (!then.happens) return;
    try {
        if (then.takes_reason)
            more().last_words = std::make_unique<goodbye>(
                goodbye{how.reason, how.code, std::string(how.text), when});
    } catch (...) {
        // No memory for the reason. Who says goodbye is in an event, whose edge gives up.
        if (when != ending::silently) throw;
        return give_up();
    }
    take(step);
    mark_dirty();
    if (then.is_said) on_closing(*extras_->last_words);
}

void session_base::end(close_reason why, ending when, std::string_view text) {
    if (when == ending::silently) return end({why, close_code::abnormal, {}}, when);
    end({why, to_close_code(why), text}, when);
}

void session_base::give_up() noexcept {
    if (auto* const carrier = attached_) {
        detach();
        carrier->abort();
    }
    take(session_step::give_up);
    mark_dirty();
}

void session_base::log_closed(close_event const& how) noexcept try {
    // One that was too slow here has been told of; one whose connection was has not. Messages that
    // are too big or too many are often those of an application that has to choose a bound.
    auto const* const last = extras_ ? extras_->last_words.get() : nullptr;
    auto is_news = how.reason == close_reason::slow_consumer && !(last && last->is_sudden());
    std::string more;
    auto const is_too_big = how.reason == close_reason::message_too_big;
    if (is_too_big || how.reason == close_reason::rate_limited)
        if (auto const left_out = endpoint_.admit(is_too_big ? endpoint_core::notice::too_big
                                                             : endpoint_core::notice::too_fast)) {
            is_news = true;
            more = more_like_it(*left_out);
        }
    log(is_news ? log_level::info : log_level::debug,
        "closed: ",
        to_string(how.reason),
        how.text.empty() ? "" : ", ",
        how.text,
        more);
} catch (...) {
    loop().log().failed("telling the log of a session's end");
}

void session_base::close(close_code code, std::string_view text) {
    if (!may_be_sent(code)) code = close_code::normal;
    if (is_open()) end({close_reason::server_closed, code, text}, ending::after_queue);
}

std::size_t session_base::queued_bytes() const noexcept {
    return outbox_.bytes() + bytes_elsewhere();
}

std::string_view session_base::transport() const noexcept {
    return attached_ ? attached_->name() : std::string_view{};
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
    if (attached_) attached_->pause_reading(true);
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

#include "client/channel_base.hpp"

#include <boost/system/errc.hpp>

#include <utility>

namespace anywire {

channel_base::channel_base(client_network& net,
                           std::shared_ptr<client_settings const> settings,
                           client_channel_events& to)
    : net_(net), settings_(std::move(settings)), events_(to) {}

channel_base::aside& channel_base::put_aside() {
    if (!aside_) aside_ = std::make_unique<aside>(*this);
    return *aside_;
}

void channel_base::close(close_code code, std::string_view text) {
    if (is_closing_) return;
    auto const was_paused = is_paused();
    auto& kept = put_aside();
    kept.goodbye_text.assign(text);
    is_closing_ = true;
    kept.inbox = {};
    goodbye_ = code;
    if (stage_ == stage::over) {
        // It has ended while nothing was delivered: who closes does not wait for that.
        kept.end_reason = close_reason::client_closed;
        return kept.resume.set_soon();
    }
    if (was_paused) pause_reading(false);
    stage_ = stage::closing;
    begin_to_close();
}

void channel_base::pause(bool is) {
    if (is == is_paused_ || is_closing_) return;
    auto& kept = put_aside();
    is_paused_ = is;
    if (is) {
        kept.resume.clear();
        if (stage_ != stage::over) pause_reading(true);
    } else if (!kept.inbox.is_empty() || kept.has_end) {
        kept.resume.set_soon();
    } else if (stage_ != stage::over) {
        pause_reading(false);
    }
}

void channel_base::tell_open() {
    stage_ = stage::open;
    events_.on_open();
}

void channel_base::deliver(message_view m) {
    if (stage_ != stage::open) return;
    if (m.data.size() > options().limits.max_message)
        return end({close_reason::message_too_big,
                    close_code::message_too_big,
                    "a message is longer than the limit"});
    if (is_paused())
        put_aside().inbox.push(m);
    else
        events_.on_message(m);
}

void channel_base::empty_inbox() {
    presence::watch const here(presence_);
    auto& kept = *aside_;
    while (!kept.inbox.is_empty()) {
        auto const [data, is_binary] = kept.inbox.pop();
        events_.on_message({data, is_binary});
        if (here.is_gone() || is_paused_ || is_closing_) return;
    }
    kept.inbox = {};
    if (kept.has_end) return tell_end();
    if (stage_ != stage::over) pause_reading(false);
}

void channel_base::fail(client_failure const& why) {
    if (stage_ == stage::over) return;
    stage_ = stage::over;
    drop();
    events_.on_failure(why);
}

void channel_base::end(close_event const& how) {
    if (stage_ == stage::over) return;
    auto& kept = put_aside();
    stage_ = stage::over;
    kept.has_end = true;
    kept.end_reason = is_closing_ ? close_reason::client_closed : how.reason;
    kept.end_code = is_closing_ ? goodbye_ : how.code;
    kept.end_text = is_closing_ ? kept.goodbye_text : std::string(how.text);
    drop();
    // Who closes does not wait for messages, nor for the end of a pause.
    if (is_closing_ || kept.inbox.is_empty()) tell_end();
}

void channel_base::tell_end() {
    auto& kept = *aside_;
    kept.has_end = false;
    auto const text = std::move(kept.end_text);
    events_.on_closed({kept.end_reason, kept.end_code, text});
}

client_failure make_failure(client_stage at, error_code error, std::string text) {
    return {.stage = at, .error = error, .text = std::move(text)};
}

client_failure make_timeout(client_stage at, std::string text) {
    return make_failure(at, make_error_code(boost::system::errc::timed_out), std::move(text));
}

}  // namespace anywire

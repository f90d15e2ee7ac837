#include "client/channel_base.hpp"

#include <boost/system/errc.hpp>

#include <utility>

namespace anywire {

channel_base::channel_base(client_network& net,
                           std::shared_ptr<client_settings const> settings,
                           client_channel_events& to)
    : net_(net),
      settings_(std::move(settings)),
      events_(to),
      resume_(net.loop(), [this] { empty_inbox(); }) {}

void channel_base::close(close_code code, std::string_view text) {
    if (is_closing_) return;
    auto const was_paused = is_paused();
    is_closing_ = true;
    inbox_ = {};
    goodbye_ = code;
    goodbye_text_.assign(text);
    if (stage_ == stage::over) {
        // It has ended while nothing was delivered: who closes does not wait for that.
        end_reason_ = close_reason::client_closed;
        return resume_.set_soon();
    }
    if (was_paused) pause_reading(false);
    stage_ = stage::closing;
    begin_to_close();
}

void channel_base::pause(bool is) {
    if (is == is_paused_ || is_closing_) return;
    is_paused_ = is;
    if (is) {
        resume_.clear();
        if (stage_ != stage::over) pause_reading(true);
    } else if (!inbox_.is_empty() || has_end_) {
        resume_.set_soon();
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
        inbox_.push(m);
    else
        events_.on_message(m);
}

void channel_base::empty_inbox() {
    presence::watch const here(presence_);
    while (!inbox_.is_empty()) {
        auto const [data, is_binary] = inbox_.pop();
        events_.on_message({data, is_binary});
        if (here.is_gone() || is_paused_ || is_closing_) return;
    }
    inbox_ = {};
    if (has_end_) return tell_end();
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
    stage_ = stage::over;
    has_end_ = true;
    end_reason_ = is_closing_ ? close_reason::client_closed : how.reason;
    end_code_ = is_closing_ ? goodbye_ : how.code;
    end_text_ = is_closing_ ? goodbye_text_ : std::string(how.text);
    drop();
    // Who closes does not wait for messages, nor for the end of a pause.
    if (is_closing_ || inbox_.is_empty()) tell_end();
}

void channel_base::tell_end() {
    has_end_ = false;
    auto const text = std::move(end_text_);
    events_.on_closed({end_reason_, end_code_, text});
}

client_failure make_failure(client_stage at, error_code error, std::string text) {
    return {.stage = at, .error = error, .text = std::move(text)};
}

client_failure make_timeout(client_stage at, std::string text) {
    return make_failure(at, make_error_code(boost::system::errc::timed_out), std::move(text));
}

}  // namespace anywire

#include "client/reconnector.hpp"

#include "core/utf8.hpp"

#include <boost/system/errc.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace anywire {

reconnector::reconnector(client_network& net,
                         std::shared_ptr<client_settings const> settings,
                         client_events& to)
    : net_(net),
      settings_(std::move(settings)),
      events_(to),
      due_(net.loop(), [this] { on_due(); }) {}

reconnector::~reconnector() = default;

void reconnector::connect() {
    net_.loop().wake();
    is_closed_ = false;
    if (state_ == state::idle)
        attempt();
    else if (then_ == afterwards::end)
        then_ = afterwards::end_and_connect;
}

void reconnector::attempt() {
    state_ = state::connecting;
    then_ = afterwards::come_back;
    is_given_up_ = false;
    channel_ = make_channel(net_, settings_, *this);
    channel_->start();
}

result<void> reconnector::check(std::span<message_view const> messages) const {
    auto const& o = settings_->options;
    if (is_closed_ || (!is_open() && o.offline == while_disconnected::refuse))
        return make_error_code(errc::session_closed);
    for (auto const& m : messages) {
        if (m.binary && o.dialect == client_dialect::sockjs)
            return make_error_code(boost::system::errc::operation_not_supported);
        if (!m.binary && !is_utf8(m.data)) return make_error_code(errc::bad_utf8);
    }
    return {};
}

result<void> reconnector::send(std::span<message_view const> messages, bool compress) {
    net_.loop().wake();
    if (auto const ok = check(messages); !ok) return ok;
    std::size_t bytes = 0;
    for (auto const& m : messages) bytes += m.data.size() + frame::overhead;
    auto const queued = queued_bytes();
    if (queued > 0 && queued + bytes > settings_->options.max_queued_bytes) {
        owes_drain_ = true;
        return make_error_code(errc::send_queue_full);
    }
    // While a session says goodbye, what is sent is for the next.
    for (auto const& m : messages) {
        if (is_open())
            channel_->send(m, compress);
        else
            kept().push(m);
    }
    return {};
}

void reconnector::close(close_code code, std::string_view text) {
    net_.loop().wake();
    if (state_ == state::idle) return;
    is_closed_ = true;
    kept_.reset();
    owes_drain_ = false;
    if (state_ == state::open) {
        begin_to_close(code, text, afterwards::end);
    } else {
        then_ = afterwards::end;
        if (state_ != state::closing) {
            channel_.reset();
            state_ = state::ending;
            due_.set_soon();
        }
    }
}

void reconnector::begin_to_close(close_code code, std::string_view text, afterwards then) {
    state_ = state::closing;
    then_ = then;
    channel_->close(code, text);
}

void reconnector::reconnect() {
    net_.loop().wake();
    if (state_ == state::idle) return connect();
    if (state_ == state::open) {
        begin_to_close(close_code::normal, {}, afterwards::at_once);
    } else if (state_ == state::closing || state_ == state::ending) {
        if (then_ == afterwards::come_back) then_ = afterwards::at_once;
    } else {
        due_.clear();
        attempt();
    }
}

void reconnector::give_up_session(close_reason why, std::string_view text) {
    net_.loop().wake();
    if (state_ != state::open) return;
    is_given_up_ = true;
    given_up_ = why;
    begin_to_close(to_close_code(why), text, afterwards::come_back);
}

std::string_view reconnector::transport() const noexcept {
    return channel_ ? channel_->transport() : std::string_view{};
}

std::string_view reconnector::sid() const noexcept {
    return channel_ ? channel_->sid() : std::string_view{};
}

std::string_view reconnector::subprotocol() const noexcept {
    return channel_ ? channel_->subprotocol() : std::string_view{};
}

std::span<http_field const> reconnector::response() const noexcept {
    return channel_ ? channel_->response() : std::span<http_field const>{};
}

message_box& reconnector::kept() {
    if (!kept_) kept_ = std::make_unique<message_box>();
    return *kept_;
}

std::size_t reconnector::queued_bytes() const noexcept {
    return (kept_ ? kept_->bytes : 0) + (channel_ ? channel_->queued_bytes() : 0);
}

void reconnector::pause(bool is) {
    net_.loop().wake();
    is_paused_ = is;
    if (state_ == state::open || state_ == state::closing) channel_->pause(is);
}

void reconnector::on_open() {
    state_ = state::open;
    attempts_ = 0;
    if (is_paused_) channel_->pause(true);
    while (kept_ && !kept_->is_empty()) {
        auto const [data, is_binary] = kept_->pop();
        channel_->send({data, is_binary}, true);
    }
    kept_.reset();
    presence::watch const here(presence_);
    events_.on_open();
    // What made the queue full may have gone with the last session.
    if (!here.is_gone()) on_sent();
}

void reconnector::on_message(message_view m) {
    events_.on_message(m);
}

void reconnector::on_transport() {
    if (state_ == state::open) events_.on_transport();
}

void reconnector::on_sent() {
    if (!owes_drain_ || state_ != state::open || queued_bytes() > 0) return;
    owes_drain_ = false;
    events_.on_drain();
}

void reconnector::on_failure(client_failure const& why) {
    // It is in the middle of its last call, and `why` may be its own.
    auto const gone = std::move(channel_);
    presence::watch const here(presence_);
    state_ = state::ending;
    events_.on_failure(why);
    if (!here.is_gone()) go_on();
}

void reconnector::on_closed(close_event const& how) {
    auto const gone = std::move(channel_);
    presence::watch const here(presence_);
    state_ = state::ending;
    auto said = how;
    if (is_given_up_) said.reason = given_up_;
    events_.on_close(said);
    if (!here.is_gone()) go_on();
}

/// After a session, or an attempt. The handlers have been told, and may have called anything.
void reconnector::go_on() {
    auto const& r = settings_->options.reconnect;
    due_.clear();
    if (then_ == afterwards::at_once) return attempt();
    auto const is_used_up = r.attempts > 0 && attempts_ >= r.attempts;
    if (then_ != afterwards::come_back || !r.enabled || is_used_up) return finish();
    auto const delay = next_delay();
    ++attempts_;
    state_ = state::waiting;
    due_.set(delay);
    events_.on_reconnecting({attempts_, delay});
}

void reconnector::finish() {
    auto const is_to_connect = then_ == afterwards::end_and_connect;
    state_ = state::idle;
    then_ = afterwards::come_back;
    attempts_ = 0;
    presence::watch const here(presence_);
    events_.on_end();
    if (!here.is_gone() && is_to_connect && state_ == state::idle) attempt();
}

void reconnector::on_due() {
    if (state_ == state::ending) return finish();
    if (state_ == state::waiting) attempt();
}

std::chrono::milliseconds reconnector::next_delay() {
    using limits = std::numeric_limits<std::uint32_t>;
    auto const& r = settings_->options.reconnect;
    auto const doubled = static_cast<double>(r.delay.count()) *
                         std::exp2(static_cast<double>(std::min(attempts_, 60u)));
    auto const base = std::min(doubled, static_cast<double>(r.delay_max.count()));
    auto const chance = static_cast<double>(net_.loop().random_u32()) / limits::max();
    auto const delay = base * (1 + r.jitter * (2 * chance - 1));
    return std::chrono::milliseconds{static_cast<std::int64_t>(delay)};
}

}  // namespace anywire

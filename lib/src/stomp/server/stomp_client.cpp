#include "stomp_client.hpp"

#include "core/log_text.hpp"

#include <algorithm>
#include <utility>

namespace anywire::stomp {
namespace {

siphash_key key_of(session_loop& loop) {
    siphash_key key{};
    loop.fill_random({reinterpret_cast<unsigned char*>(key.data()), sizeof(key)});
    return key;
}

/// How soon a client that had no room is asked again.
constexpr tick room_again = 2;

}  // namespace

stomp_client::stomp_client(stomp_core& core, stomp_shard& at, session_below below)
    : core_(core),
      at_(at),
      below_(below),
      handle_(*this),
      reader_(end::server, core.limits(false)),
      subscriptions_(key_of(at.loop())),
      self_(std::make_shared<stomp_client*>(this)) {}

stomp_client::~stomp_client() {
    *self_ = nullptr;
    for_each_subscription([&](subscription& s) { at_.remove(s); });
}

// -- the session's events -------------------------------------------------------------------------

void stomp_client::on_open() {
    auto const& o = core_.opts();
    // The user of the handshake, unless `on_connect` says another.
    if (auto const* const user = std::any_cast<std::string>(&below_->data())) user_ = *user;
    if (o.connect_timeout.count() > 0)
        connect_until_ = at_.loop().now() + to_ticks(o.connect_timeout) + 1;
    arm_next();
}

void stomp_client::on_message(message_view m) {
    beats_.note_heard(at_.loop().now());
    read(m.data);
}

void stomp_client::on_close(close_event const& how) {
    state_ = state::ended;
    *self_ = nullptr;
    relayed_.reset();
    transactions_.clear();
    if (!was_connected_) return;
    stop_consuming();
    for_each_subscription([&](subscription& s) {
        at_.remove(s);
        --core_.counts().subscriptions;
    });
    at_.delist(*this);
    core_.delist(id());
    --core_.counts().clients;
    auto const& told = core_.hooks().on_disconnect;
    if (told) core_.call(at_, [&] { told(handle_, how); });
}

void stomp_client::on_timer(tick now) {
    if (is_ended()) return;
    if (state_ == state::opening || state_ == state::deciding) {
        if (connect_until_ != 0 && not_after(connect_until_, now)) {
            ++core_.counts().refused_connects;
            return fail(close_reason::refused, "no CONNECT in time", std::nullopt);
        }
        return arm_next();
    }
    // Nobody listens.
    if (below_.is_paused()) beats_.note_heard(now);
    if (beats_.is_dead(now)) {
        state_ = state::ended;
        return below_.end(close_reason::heartbeat_timeout, ending::now, "no heart-beat");
    }
    if (beats_.is_due(now)) send_frame("\n");
    if (std::exchange(has_waiting_, false)) {
        for_each_subscription([&](subscription& s) {
            if (std::exchange(s.is_waiting, false)) core_.resume(s.consumer);
        });
    }
    if (relayed_) relayed_->on_timer(now);
    arm_next();
}

void stomp_client::arm_next() {
    auto const now = at_.loop().now();
    if (state_ == state::opening || state_ == state::deciding) {
        if (connect_until_ != 0) at_.loop().wheel().arm(*this, connect_until_);
        return;
    }
    if (has_waiting_) at_.loop().wheel().arm(*this, now + room_again);
    if (auto const due = beats_.next()) at_.loop().wheel().arm(*this, *due);
}

// -- what the application does --------------------------------------------------------------------

void stomp_client::accept(accepted with) {
    if (state_ != state::deciding || relayed_) return;
    if (!with.user.empty()) user_ = std::move(with.user);
    if (with.data.has_value()) handle_.data() = std::move(with.data);
    if (!core_.relay()) return begin(version_);
    connect_until_ = 0;  // from here on the relay has the patience
    relayed_ = std::make_unique<relayed_client>(*this, self_);
    relayed_->connect(std::move(versions_), asked_);
}

void stomp_client::begin(stomp::version v) {
    if (state_ != state::deciding) return;
    version_ = v;
    state_ = state::connected;
    was_connected_ = true;
    reader_.set_version(version_);
    reader_.set_limits(core_.limits(true));
    at_.enlist(*this);
    core_.enlist({std::string(id()), user_, std::string(below_->request().remote_address()), {}});
    ++core_.counts().clients;
    ++core_.counts().connects;
    send_connected();
    arm_next();
    auto const& told = core_.hooks().on_connected;
    if (told) core_.call(at_, [&] { told(handle_); });
    below_->resume();
    auto const held = std::exchange(held_, {});
    read(held);
}

void stomp_client::refuse(std::string_view text) {
    if (state_ != state::deciding || relayed_) return;
    ++core_.counts().refused_connects;
    fail(close_reason::refused, text, std::nullopt);
    below_->resume();
}

void stomp_client::disconnect(std::string_view message) {
    if (is_ended()) return;
    if (!message.empty()) send_error(message, std::nullopt);
    leave(close_reason::server_closed);
}

void stomp_client::finish(std::optional<receipts::place> at) {
    --working_;
    if (is_ended()) return;
    if (at) receipts_.set_done(*at);
    send_receipts();
}

void stomp_client::fail_handler(std::optional<receipts::place> at,
                                std::string_view destination,
                                std::exception_ptr const& why) {
    --working_;
    if (is_ended()) return;
    auto const receipt = at ? std::optional<std::string>(receipts_.id(*at)) : std::nullopt;
    std::string text = "the message could not be handled";
    try {
        std::rethrow_exception(why);
    } catch (refusal const& e) {
        return fail(close_reason::refused, e.what(), receipt);
    } catch (bad_message const& e) {
        text = e.what();
        tell_error(failure::kind::bad_message, destination, e.what());
    } catch (std::exception const& e) {
        tell_error(failure::kind::handler_threw, destination, e.what());
    } catch (...) {
        tell_error(
            failure::kind::handler_threw, destination, "something that is not a std::exception");
    }
    if (receipt) return fail(close_reason::handler_failed, text, receipt);
    // DISCONNECT may have waited for this one.
    send_receipts();
}

void stomp_client::tell_error(failure::kind what,
                              std::string_view destination,
                              std::string_view text) {
    auto const level = what == failure::kind::handler_threw ? log_level::error : log_level::info;
    if (auto const others = core_.throttle().admit(at_.loop().now()))
        at_.loop().log().write(level,
                               "a stomp message was not handled: ",
                               text,
                               " (",
                               shown(destination),
                               ", session ",
                               id(),
                               ")",
                               more_like_it(*others));
    auto const& told = core_.hooks().on_error;
    if (told) core_.call(at_, [&] { told(handle_, failure{what, destination, text}); });
}

}  // namespace anywire::stomp

#include "relayed_client.hpp"

#include "core/utf8.hpp"
#include "stomp_client.hpp"

#include <algorithm>
#include <utility>

namespace anywire::stomp {
namespace {

/// Bytes that wait for a client above which its broker is not read.
constexpr std::size_t client_room = std::size_t{64} * 1024;
/// How long the broker may take to answer DISCONNECT.
constexpr std::chrono::milliseconds longest_parting{10'000};
constexpr std::string_view goodbye_id = "anywire-goodbye";
constexpr std::string_view snapshot_id = "anywire-snapshot-";
/// What is a wildcard at one broker or another.
constexpr std::string_view wildcards = "*#>";

/// Headers of a MESSAGE that are not passed on: the first two are its sender's with its broker.
bool is_left_out(std::string_view name) noexcept {
    return name == "receipt" || name == "transaction" || name == "content-length" ||
           name == "destination";
}

/// The same frame with another receipt asked for.
frame_view with_receipt(frame_view const& f, std::string_view id) {
    frame_view made{.what = f.what, .body = f.body};
    for (auto const& h : f.headers)
        if (h.name != "receipt") made.headers.push_back(h);
    made.headers.push_back({"receipt", id});
    return made;
}

std::optional<std::string> owned(std::optional<std::string_view> text) {
    return text ? std::optional<std::string>(*text) : std::nullopt;
}

}  // namespace

// -- the connection -------------------------------------------------------------------------------

void relayed_client::connect(std::string versions, heart_beat const& asked) {
    auto& c = client_;
    link_ = c.core_.relay()->open(c.at_.index(), {std::move(versions), asked}, *this);
}

bool relayed_client::is_over() const noexcept {
    return !*alive_ || client_.is_ended();
}

void relayed_client::on_relay_up(version v, heart_beat const& granted) {
    if (is_over()) return;
    granted_ = granted;
    client_.begin(v);
}

void relayed_client::on_relay_room() {
    if (is_over()) return;
    if (std::exchange(is_holding_, false)) client_.below_->resume();
}

void relayed_client::on_relay_down(relay_loss const& why) {
    if (is_over()) return;
    auto& c = client_;
    if (is_parting_ && !goodbye_) {
        // Nobody waits for its answer.
        is_parting_ = false;
        return c.send_receipts();
    }
    if (c.state_ == stomp_client::state::deciding) ++c.core_.counts().refused_connects;
    c.fail(close_reason::server_closed, why.text, why.receipt);
}

void relayed_client::on_timer(tick now) {
    if (std::exchange(is_waiting_, false)) link_->resume();
    if (!is_parting_ || client_.is_ended()) return;
    if (!not_after(part_until_, now)) return client_.at_.loop().wheel().arm(client_, part_until_);
    client_.fail(close_reason::server_closed, "Connection to broker closed.", std::nullopt);
}

// -- to the broker --------------------------------------------------------------------------------

bool relayed_client::take(frame_view const& f) {
    switch (f.what) {
        case command::send: return send(f);
        case command::subscribe: return subscribe(f);
        case command::unsubscribe: return unsubscribe(f);
        case command::ack:
        case command::nack: return settle(f);
        case command::begin:
            if (client_.open_transaction(f)) forward(f);
            return true;
        case command::commit:
        case command::abort: return end_transaction(f), true;
        case command::disconnect: return part(f), true;
        default: return false;
    }
}

bool relayed_client::is_brokers(std::optional<std::string_view> destination) const noexcept {
    auto const& core = client_.core_;
    if (!destination || !core.is_valid(*destination)) return false;
    auto const at = core.place_of(*destination);
    return at == place::topic || at == place::queue;
}

void relayed_client::forward(frame_view const& f) {
    if (!link_->forward(f))
        return client_.fail(close_reason::refused, "the broker has no such destination", f);
    if (!link_->is_full() || std::exchange(is_holding_, true)) return;
    client_.below_->pause();
}

bool relayed_client::send(frame_view const& f) {
    if (!is_brokers(f.find("destination"))) return false;
    if (!client_.check_send(f)) return true;
    auto const id = f.find("transaction");
    if (!id || client_.count_stored(f, *id)) forward(f);
    return true;
}

bool relayed_client::subscribe(frame_view const& f) {
    auto const to = f.find("destination");
    if (!is_brokers(to)) return false;
    auto s = client_.read_subscription(f);
    if (!s) return true;
    s->to = subscription::kind::relayed;
    if (may_subscribe(*to)) return enter(std::move(s), f), true;
    ++client_.core_.counts().refused_subscribes;
    client_.fail(close_reason::refused, "not allowed to subscribe there", f);
    return true;
}

bool relayed_client::may_subscribe(std::string_view destination) {
    auto& core = client_.core_;
    auto const& rules = core.hooks().may_subscribe;
    if (destination.find_first_of(wildcards) == destination.npos)
        return rules.empty() || client_.may(false, destination);
    return core.opts().patterns && (rules.empty() || rules.find_pattern(destination));
}

void relayed_client::enter(std::unique_ptr<subscription> made, frame_view const& f) {
    auto& c = client_;
    auto& s = c.subscriptions_.obtain(made->name);
    s = std::move(*made);
    s.number = ++c.last_subscription_;
    c.numbered_.emplace(s.number, &s);
    ++c.core_.counts().subscriptions;
    c.core_.note_subscription(c.id(), s.destination, true);
    std::vector<std::string_view> variables;
    if (c.core_.hooks().snapshots.find(s.destination, variables)) {
        auto const id = std::string(snapshot_id) + std::to_string(s.number);
        snapshots_.emplace(id, due_snapshot{s.name, owned(f.find("receipt"))});
        forward(with_receipt(f, id));
    } else {
        forward(f);
    }
    auto const& told = c.core_.hooks().on_subscribed;
    if (told && !c.is_ended())
        c.core_.call(c.at_, [&, to = s.destination] { told(c.handle_, to); });
}

bool relayed_client::unsubscribe(frame_view const& f) {
    auto* const s = client_.find_subscription(f);
    if (!s || s->to != subscription::kind::relayed) return false;
    client_.drop(*s);
    forward(f);
    return true;
}

bool relayed_client::settle(frame_view const& f) {
    auto const id = f.find("id") ? f.find("id") : f.find("message-id");
    if (!id || is_served_here(*id)) return false;
    auto const transaction = f.find("transaction");
    if (!transaction || client_.count_stored(f, *transaction)) forward(f);
    return true;
}

/// Ours are two numbers; brokers have letters in theirs.
bool relayed_client::is_served_here(std::string_view message_id) const noexcept {
    auto const is_ours = [](char c) { return c == '-' || (c >= '0' && c <= '9'); };
    return std::all_of(message_id.begin(), message_id.end(), is_ours) &&
           message_id.find('-') != message_id.npos;
}

/// What of it is served here is done when the broker has been told: the receipt is the broker's.
void relayed_client::end_transaction(frame_view const& f) {
    auto const ended = client_.take_transaction(f);
    if (!ended) return;
    forward(f);
    if (f.what != command::commit) return;
    for (auto const& kept : ended->frames) {
        if (client_.is_ended()) return;
        client_.execute(kept.view());
    }
}

void relayed_client::part(frame_view const& f) {
    auto& c = client_;
    c.state_ = stomp_client::state::leaving;
    c.transactions_.clear();
    is_parting_ = true;
    part_until_ = c.at_.loop().now() + to_ticks(longest_parting);
    if (auto const id = f.find("receipt")) goodbye_ = c.receipts_.add(std::string(*id));
    forward(with_receipt(f, goodbye_id));
    c.at_.loop().wheel().arm(c, part_until_);
}

// -- from the broker ------------------------------------------------------------------------------

bool relayed_client::on_relay_frame(frame_view const& f) {
    if (is_over()) return true;
    auto& c = client_;
    if (!c.below_->is_open()) return true;
    if (c.below_->queued_bytes() > client_room) return wait_for_room();
    if (f.what == command::message) return deliver(f);
    take_receipt(f);
    return true;
}

bool relayed_client::wait_for_room() {
    is_waiting_ = true;
    client_.has_waiting_ = true;
    client_.arm_next();
    return false;
}

void relayed_client::take_receipt(frame_view const& f) {
    auto& c = client_;
    auto id = owned(f.find("receipt-id"));
    if (!id) return;
    if (*id == goodbye_id && is_parting_) {
        is_parting_ = false;
        if (goodbye_) c.receipts_.set_done(*goodbye_);
        return c.send_receipts();
    }
    if (auto const due = snapshots_.find(*id); due != snapshots_.end()) {
        auto const what = std::move(due->second);
        snapshots_.erase(due);
        if (auto* const s = c.subscriptions_.find(what.subscription)) c.take_snapshot(*s);
        if (!what.receipt || c.is_ended()) return;
        id = what.receipt;
    }
    std::string text;
    frame_writer(text, command::receipt, c.version_).add("receipt-id", *id).finish();
    c.send_frame(text);
}

bool relayed_client::deliver(frame_view const& f) {
    auto& c = client_;
    auto const id = f.find("subscription");
    auto const* const s = id ? c.subscriptions_.find(*id) : nullptr;
    auto const is_pattern = s && s->destination.find_first_of(wildcards) != s->destination.npos;
    auto const to =
        s && !is_pattern ? std::optional<std::string_view>(s->destination) : f.find("destination");
    std::string text;
    frame_writer w(text, command::message, c.version_);
    if (to) w.add("destination", *to);
    for (auto const& h : f.headers)
        if (!is_left_out(h.name)) w.add(h.name, h.value);
    w.finish(f.body);

    auto const waiting = c.below_->queued_bytes();
    if (waiting != 0 && waiting + text.size() > client_room) return wait_for_room();
    auto const sent = c.below_->send(message_view(text, !is_utf8(text)));
    if (sent) {
        ++c.core_.counts().messages_delivered;
        c.beats_.note_sent(c.at_.loop().now());
        return true;
    }
    if (!c.below_->is_open()) return true;
    if (sent.error() == errc::send_queue_full) return wait_for_room();
    constexpr std::string_view why = "this transport cannot carry a message of the broker's";
    c.tell_error(failure::kind::bad_message, to.value_or(std::string_view{}), why);
    // It was not acknowledged: another may get it.
    if (s && s->mode != ack_mode::automatic) c.fail(close_reason::refused, why, std::nullopt);
    return true;
}

}  // namespace anywire::stomp

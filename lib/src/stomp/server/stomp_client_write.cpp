#include "stomp_client.hpp"

#include <algorithm>
#include <utility>

namespace anywire::stomp {
namespace {

/// Bytes that wait for a client above which it gets no more of a queue: others may have them.
constexpr std::size_t queue_room = std::size_t{64} * 1024;

bool is_want_of_room(error_code e) noexcept {
    return e == errc::send_queue_full || e == errc::message_dropped || e == errc::session_closed;
}

}  // namespace

// -- messages -------------------------------------------------------------------------------------

/// What is one subscription's own of a MESSAGE.
std::string stomp_client::head_of(subscription const& s, std::uint64_t number, bool redelivered) {
    // Of characters that old clients neither escape nor trim.
    auto const id = std::to_string(s.number) + "-" + std::to_string(number);
    std::string head = "MESSAGE\n";
    // An id is one where it is empty, too; only 1.0 does without.
    if (!s.id.empty() || version_ != version::v1_0)
        append_header(head, "subscription", s.id, version_);
    append_header(head, "message-id", id, version_);
    if (s.mode != ack_mode::automatic && version_ == version::v1_2)
        append_header(head, "ack", id, version_);
    if (redelivered) append_header(head, "redelivered", "true", version_);
    return head;
}

result<void> stomp_client::send_message(std::string_view head, published const& p, sending how) {
    auto const sent = below_.send_headed(head, p.rest(version_), how);
    if (sent || is_want_of_room(sent.error()) || !core_.opts().base64_over_text) return sent;
    return below_.send_headed(head, p.rest_in_base64(version_), how);
}

void stomp_client::deliver(subscription& s, published const& p) {
    if (!below_->is_open()) return;
    note_delivery(send_message(head_of(s, ++s.last_sent, false), p, sending::unheard), p);
}

bool stomp_client::deliver_queued(subscription& s, delivery const& d) {
    // Where one waits, younger ones do, too.
    auto const has_room = !s.is_waiting && below_->is_open() && below_->queued_bytes() < queue_room;
    if (has_room) {
        auto const sent = send_message(head_of(s, d.id, d.redelivered), *d.what, sending::direct);
        note_delivery(sent, *d.what);
        if (sent) {
            s.last_sent = d.id;
            return true;
        }
        if (!is_want_of_room(sent.error())) {
            // Never by this client: another may, or it becomes a dead letter.
            (void)core_.settle(s.consumer, d.id, false, false);
            return true;
        }
    }
    s.is_waiting = true;
    has_waiting_ = true;
    arm_next();
    return false;
}

void stomp_client::note_delivery(result<void> const& sent, published const& p) {
    if (sent) {
        ++core_.counts().messages_delivered;
        return beats_.note_sent(at_.loop().now());
    }
    if (!is_want_of_room(sent.error()))
        tell_error(failure::kind::bad_message,
                   p.destination,
                   "a subscriber's transport cannot carry bytes that are not UTF-8");
}

// -- frames of the protocol's own -----------------------------------------------------------------

void stomp_client::send_frame(std::string_view text) {
    if (!below_->is_open()) return;
    auto f = below_.message_codec().encode(message_view(text), at_.loop().scratch());
    if (!f) return;
    f->mark_protocol();
    below_.send_own(std::move(f));
    beats_.note_sent(at_.loop().now());
}

void stomp_client::send_connected() {
    using std::chrono::milliseconds;
    auto const& o = core_.opts().heart_beat;
    auto const granted = [](milliseconds asked, milliseconds least) {
        return asked.count() == 0 || least.count() == 0 ? milliseconds{0} : std::max(asked, least);
    };
    auto out = granted(asked_.wants, o.out_min);
    auto in = granted(asked_.can_send, o.in_min);
    if (relayed_) {
        // No more often than with the broker.
        if (out.count() != 0) out = std::max(out, relayed_->granted().can_send);
        if (in.count() != 0) in = std::max(in, relayed_->granted().wants);
    }
    std::string text;
    frame_writer w(text, command::connected, version_);
    w.add("version", to_string(version_))
        .add("heart-beat", std::to_string(out.count()) + "," + std::to_string(in.count()))
        .add("session", id());
    if (!core_.opts().server_name.empty()) w.add("server", core_.opts().server_name);
    if (!user_.empty()) w.add("user-name", user_);
    w.finish();
    send_frame(text);
    // A tenth early: some clients allow no more than half an interval.
    auto const every = out.count() == 0 ? 0 : std::max<tick>(1, to_ticks(out * 9 / 10) - 1);
    auto const grace = below_.is_probed() ? o.grace : milliseconds{0};
    auto const silence = in.count() == 0 ? 0 : to_ticks(std::max(in * o.tolerance, grace)) + 1;
    beats_.begin(at_.loop().now(), every, silence);
}

void stomp_client::send_receipts() {
    // A DISCONNECT is through when all handlers are, whether they have receipts or not.
    if (state_ == state::leaving && (working_ != 0 || (relayed_ && relayed_->is_parting()))) return;
    std::string text;
    while (auto const id = receipts_.take()) {
        text.clear();
        frame_writer(text, command::receipt, version_).add("receipt-id", *id).finish();
        send_frame(text);
    }
    if (state_ == state::leaving) leave(close_reason::client_closed);
}

void stomp_client::done(frame_view const& f) {
    if (auto const id = f.find("receipt")) receipts_.set_done(receipts_.add(std::string(*id)));
    send_receipts();
}

// -- the end --------------------------------------------------------------------------------------

void stomp_client::send_error(std::string_view text, std::optional<std::string_view> receipt) {
    ++core_.counts().errors;
    std::string made;
    frame_writer w(made, command::error, version_);
    w.add("message", text).add("content-type", "text/plain");
    if (receipt) w.add("receipt-id", *receipt);
    w.finish(text);
    send_frame(made);
}

void stomp_client::fail(close_reason why,
                        std::string_view text,
                        std::optional<std::string_view> receipt) {
    if (is_ended()) return;
    at_.loop().log().write(
        log_level::debug, "a stomp client gets an ERROR: ", text, " (session ", id(), ")");
    send_error(text, receipt);
    leave(why);
}

void stomp_client::fail(close_reason why, std::string_view text, frame_view const& f) {
    fail(why, text, f.find("receipt"));
}

/// Gives back what it has of queues. The session may end later: not before a client that polls has
/// asked for its end, and one that has gone never asks.
void stomp_client::stop_consuming() {
    for_each_subscription([&](subscription& s) {
        if (s.to != subscription::kind::queue || s.consumer == 0) return;
        at_.remove(s);
        core_.stop_consuming(std::exchange(s.consumer, 0));
    });
}

void stomp_client::leave(close_reason why) {
    state_ = state::ended;
    transactions_.clear();
    stop_consuming();
    // Its connection to the broker goes likewise, but not from within what that has told.
    if (relayed_)
        (void)core_.post(at_.index(),
                         [r = std::shared_ptr<relayed_client>(std::move(relayed_))] {});
    below_.end(why, ending::after_queue);
}

}  // namespace anywire::stomp

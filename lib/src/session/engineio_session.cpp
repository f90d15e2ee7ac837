#include "session/engineio_session.hpp"

#include "core/utf8.hpp"
#include "engineio/payload.hpp"
#include "engineio/text_twice.hpp"
#include "session/eio3_text.hpp"
#include "session/engineio_codec.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace anywire {
namespace {

using engineio::packet_type;
using engineio::revision;

// More than fit into a body of the default limit; beyond this it is a flood of empty ones.
constexpr std::size_t most_packets = 1'000'000;

frame_ptr ping_frame() {
    static auto const& f = *new frame_ptr(make_constant_frame("2"));
    return f;
}
frame_ptr pong_frame() {
    static auto const& f = *new frame_ptr(make_constant_frame("3"));
    return f;
}
frame_ptr noop_frame() {
    static auto const& f = *new frame_ptr(make_constant_frame("6"));
    return f;
}

/// False where the text would be longer than `most` bytes as UTF-8. It may lie in `room`
/// afterwards.
bool make_utf8(std::string_view& text, std::string& room, std::size_t most) {
    if (is_utf8(text)) return true;
    if (!engineio::append_repaired(room, text, most)) return false;
    text = room;
    return true;
}

}  // namespace

/// The candidate WebSocket of a polling session.
struct engineio_session::upgrade final : timer_node {
    upgrade(engineio_session& s, anywire::transport& t, std::string agreed, tick end)
        : owner(s), candidate(&t), subprotocol(std::move(agreed)), until(end) {}
    void on_timer(tick now) override { owner.on_upgrade_turn(now); }

    engineio_session& owner;
    anywire::transport* candidate;
    std::string subprotocol{};
    tick until;
    bool blocked = false;
};

engineio_session::engineio_session(endpoint_core& endpoint,
                                   origin from,
                                   engineio_timing const& timing,
                                   setup s)
    : session_base(endpoint, std::move(from)),
      heard_(endpoint.loop().now()),
      timing_(timing),
      revision_(s.revision),
      text_(s.revision == revision::v3 ? s.text : eio3_text_encoding::once),
      base64_(s.base64),
      is_polling_(!s.websocket),
      sid_(std::move(s.sid)),
      jsonp_(s.jsonp.empty() ? nullptr : std::make_unique<std::string>(std::move(s.jsonp))) {
    frame_ptr open(frame::make(s.open, frame_kind::text));
    open->mark_protocol();
    send_own(std::move(open));
    if (s.initial) {
        auto first = engineio_codec(revision_, base64_).encode(*s.initial, loop().scratch());
        first->mark_protocol();
        send_own(std::move(first));
    }
    auto due = timing_.ping_interval;
    if (revision_ == revision::v3)
        due += timing_.ping_timeout;  // the client pings
    else if (due > 4)
        due -= loop().random_u32() % (due / 5 + 1);  // a storm of connects is no storm of pings
    set_due(heard_ + due);
}

engineio_session::~engineio_session() {
    if (upgrade_) {
        numbers().upgrades_failed.add();
        upgrade_->candidate->abort();
    }
    for (auto const& poll : draining_) poll.carrier->abort();
}

codec const& engineio_session::message_codec() const noexcept {
    return engineio_codec(revision_, base64_);
}

held_senders& engineio_session::held() noexcept {
    if (!held_) held_ = std::make_unique<held_senders>();
    return *held_;
}

// -- polling --------------------------------------------------------------------------------------

void engineio_session::attach(anywire::transport& to) {
    if (current() < state::ended) return session_base::attach(to);
    if (!owes_goodbye_) return to.abort();
    auto const noop = noop_frame();
    auto const close = make_constant_frame("1");
    std::array<frame* const, 2> const batch{noop.get(), close.get()};
    auto const rest = std::span(batch).last(said_noop_ ? 1 : 2);
    auto const r = to.write(rest);
    // A carrier may be limited to one packet.
    said_noop_ = true;
    owes_goodbye_ = r.taken < rest.size();
    if (r.then == write_result::next::finished) return drain(to, false);
    if (!owes_goodbye_) die();
}

void engineio_session::on_overlap(std::string_view what) {
    log(log_level::debug, "engine.io session closed: ", what);
    fail_transport();
}

/// As the reference: never a code.
void engineio_session::end_now(close_reason why, std::string_view text) {
    end({why, close_code::no_status, text}, ending::now);
}

void engineio_session::fail_transport() {
    end_now(close_reason::protocol_error, "transport error");
}

engineio_session::received engineio_session::receive(std::string_view body, bool binary) {
    auto left = home().limits().max_message;
    std::string repaired;
    if (!binary && !make_utf8(body, repaired, left)) return received::too_long;
    if (!has_room_for(body.size())) return received::no_room;
    if (is_traced()) tell_body(body);
    std::string decoded;
    std::string text;
    engineio::payload_reader reader(revision_, body, binary);
    auto complete = false;
    for (std::size_t n = 0; is_running(); ++n) {
        auto p = reader.next(decoded);
        if (p && !binary) read_eio3_text(*p, text_, text);
        complete = !p && !reader.failed();
        // The strings in an octet-stream are repaired one by one.
        if (!p || n == most_packets || p->data.size() > left) break;
        left -= p->data.size();
        on_packet(*p);
    }
    if (is_running() && !complete) end_now(close_reason::protocol_error, "parse error");
    return received::taken;
}

void engineio_session::answer_poll(std::string_view text) {
    auto* const poll = attached();
    detach();
    auto const last = make_constant_frame(text);
    std::array<frame* const, 1> const batch{last.get()};
    if (is_traced()) tell_written(batch, poll->name());
    if (poll->write(batch).then == write_result::next::finished) drain(*poll, false);
}

void engineio_session::on_finished(anywire::transport* draining) {
    if (draining) drain(*draining, true);
}

/// A poll has been answered, and its client has still to read that.
void engineio_session::drain(anywire::transport& poll, bool may_hold_messages) {
    // A client asks again when it has read. One that asks on ever more connections without reading
    // is not looked after for ever.
    constexpr std::size_t most_unread = 16;
    draining_.push_back({&poll, may_hold_messages});
    set_unread(true);
    if (draining_.size() > most_unread && is_running()) fail_transport();
}

std::size_t engineio_session::unread_bytes() const noexcept {
    std::size_t bytes = 0;
    for (auto const& poll : draining_) bytes += poll.carrier->pending_bytes();
    return bytes;
}

// -- packets --------------------------------------------------------------------------------------

void engineio_session::on_payload(anywire::transport& from, std::string_view data, bool binary) {
    if (is_traced()) tell_received(from, data, binary);
    if (upgrade_ && &from == upgrade_->candidate) return on_candidate_packet(data, binary);
    if (&from != attached() || !is_running()) return;
    std::string decoded;
    auto const p = engineio::decode_frame(revision_, data, binary, decoded);
    if (!p) return end_now(close_reason::protocol_error, "parse error");
    on_packet(*p);
}

void engineio_session::on_packet(engineio::packet const& p) {
    auto const is_v4 = revision_ == revision::v4;
    heard_ = loop().now();
    if (p.type != packet_type::pong) is_alive_ = true;
    if (timing_.on_packet) {
        tell_packet(p);
        if (!is_running()) return;
    }
    switch (p.type) {
        case packet_type::message: return deliver({p.data, p.binary});
        case packet_type::pong: return is_v4 ? on_pong() : fail_transport();
        case packet_type::ping: return is_v4 ? fail_transport() : on_ping();
        case packet_type::close: return end_now(close_reason::client_closed, "transport close");
        case packet_type::open:
        case packet_type::upgrade:
        case packet_type::noop: return;
    }
}

void engineio_session::tell_packet(engineio::packet const& p) {
    static constexpr std::array<std::string_view, 7> names{
        "open", "close", "ping", "pong", "message", "upgrade", "noop"};
    engineio_packet const told{names[static_cast<std::size_t>(p.type)], p.data, p.binary};
    call_posted([&](session& s) { timing_.on_packet(s, told); });
}

// -- the heartbeat --------------------------------------------------------------------------------

void engineio_session::on_ping() {
    if (last_queued() != pong_frame().get()) send_own(pong_frame());
}

void engineio_session::on_pong() {
    if (!awaiting_pong_) return;  // nobody postpones the pings by pongs that answer none
    awaiting_pong_ = false;
    if (is_running()) set_due(heard_ + timing_.ping_interval);
}

void engineio_session::on_alive(anywire::transport& from) {
    if (&from != attached()) return;
    heard_ = loop().now();
    is_alive_ = true;
}

void engineio_session::on_due(tick now) {
    if (current() == state::retired) return die();
    if (current() == state::closing)
        return end({close_reason::server_closed, close_code::no_status, {}}, ending::silently);
    if (!is_running()) return;
    auto const patience = timing_.ping_interval + timing_.ping_timeout;
    // What waits after unsent bytes has not been heard, and a paused session does not listen; the
    // carrier's own limit on stalled writes decides then.
    auto const is_deaf = is_blocked() || is_paused();
    if (revision_ == revision::v3) {
        if (now - heard_ < patience) return set_due(heard_ + patience);
        return is_deaf ? set_due(now + timing_.ping_timeout) : on_silence();
    }
    if (awaiting_pong_ && is_deaf) return set_due(now + timing_.ping_timeout);
    if (awaiting_pong_ && !is_alive_) return on_silence();
    // Due, or owed by somebody who is heard all the same: another one.
    if (last_queued() != ping_frame().get()) send_own(ping_frame());
    awaiting_pong_ = true;
    is_alive_ = false;
    set_due(now + timing_.ping_timeout);
}

void engineio_session::on_silence() {
    end_now(close_reason::heartbeat_timeout, "ping timeout");
}

void engineio_session::on_writable(anywire::transport& from) {
    if (upgrade_ && &from == upgrade_->candidate) {
        upgrade_->blocked = false;
        return;
    }
    // Who takes bytes lives; a ping may have been among the last of them.
    on_alive(from);
    session_base::on_writable(from);
}

void engineio_session::on_resumed() {
    heard_ = loop().now();
    is_alive_ = true;
    if (held_) held_->release(true);
}

// -- the upgrade ----------------------------------------------------------------------------------

bool engineio_session::can_upgrade() const noexcept {
    return is_polling_ && !upgrade_ && is_running();
}

void engineio_session::begin_upgrade(anywire::transport& candidate, std::string subprotocol) {
    auto const now = loop().now();
    upgrade_ = std::make_unique<upgrade>(
        *this, candidate, std::move(subprotocol), now + timing_.upgrade_timeout);
    numbers().upgrades_tried.add();
    loop().wheel().arm(*upgrade_, now + 1);
}

void engineio_session::on_upgrade_turn(tick now) {
    if (not_after(upgrade_->until, now)) return drop_candidate();
    // A parked poll would keep the client from pausing.
    if (attached() && is_running() && !has_queued()) send_own(noop_frame());
    loop().wheel().arm(*upgrade_, now + 1);
}

void engineio_session::on_candidate_packet(std::string_view data, bool binary) {
    if (!binary && data == "2probe" && !upgrade_->blocked) {
        auto const answer = make_constant_frame("3probe");
        std::array<frame* const, 1> const batch{answer.get()};
        if (is_traced()) tell_written(batch, upgrade_->candidate->name());
        auto const r = upgrade_->candidate->write(batch);
        upgrade_->blocked = r.then == write_result::next::blocked;
        return;
    }
    if (!binary && data == "5" && !upgrade_->blocked) return complete_upgrade();
    drop_candidate();
}

void engineio_session::complete_upgrade() {
    auto& socket = *upgrade_->candidate;
    set_subprotocol(std::move(upgrade_->subprotocol));
    upgrade_.reset();
    numbers().upgrades_done.add();
    if (attached()) answer_poll("6");
    is_polling_ = false;
    session_base::attach(socket);
    if (layered) call_posted([this](session&) { layered->on_upgrade(); });
    if (timing_.on_upgrade) call_posted(timing_.on_upgrade);
}

void engineio_session::lose_candidate() noexcept {
    upgrade_.reset();
    numbers().upgrades_failed.add();
}

void engineio_session::drop_candidate() noexcept {
    if (!upgrade_) return;
    auto* const candidate = upgrade_->candidate;
    lose_candidate();
    candidate->close(close_code::no_status, {});
}

// -- the end --------------------------------------------------------------------------------------

void engineio_session::on_closed(anywire::transport& from, bool orderly, close_event const& how) {
    if (upgrade_ && &from == upgrade_->candidate) return lose_candidate();
    auto const poll = std::find_if(
        draining_.begin(), draining_.end(), [&](auto const& p) { return p.carrier == &from; });
    if (poll == draining_.end()) return session_base::on_closed(from, orderly, how);
    auto const lost_messages = poll->may_hold_messages && !orderly;
    draining_.erase(poll);
    set_unread(!draining_.empty());
    if (current() == state::retired && draining_.empty() && !owes_goodbye_) return die();
    if (lost_messages) end(how, ending::silently);
}

void engineio_session::on_next_waiting(anywire::transport& from) {
    if (&from == attached() && is_polling_ && is_running() && !has_queued()) send_own(noop_frame());
}

void engineio_session::on_closing(goodbye const&) {
    set_due(loop().now() + timing_.close_wait);
}

void engineio_session::end_carrier(goodbye const& how) {
    drop_candidate();
    if (is_polling_) {
        if (attached()) return answer_poll(how.reason == close_reason::client_closed ? "6" : "1");
        owes_goodbye_ = how.reason == close_reason::server_closed;
        return;
    }
    if (!attached()) return;
    auto* const socket = attached();
    detach();
    // As the reference: never a code, but for what the reference does not do.
    if (how.reason == close_reason::rate_limited) return socket->close(how.code, how.text);
    socket->close(close_code::no_status, {});
}

void engineio_session::on_retired() {
    drop_candidate();
    if (held_) held_->release(false);
    if (is_polling_ && timing_.on_polling_end) timing_.on_polling_end(sid_);
    if (auto* const carrier = attached()) {
        // A poll can still be told.
        if (is_polling_) {
            answer_poll("1");
        } else {
            detach();
            carrier->abort();
        }
    }
    if (!owes_goodbye_ && draining_.empty()) return die();
    set_due(loop().now() + timing_.close_wait);
}

}  // namespace anywire

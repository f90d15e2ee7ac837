#include "client/engineio_channel.hpp"

#include <utility>

namespace anywire {

using engineio::packet_type;

engineio_channel::engineio_channel(client_network& net,
                                   std::shared_ptr<client_settings const> settings,
                                   client_channel_events& to)
    : channel_base(net, std::move(settings), to),
      revision_(static_cast<engineio::revision>(options().revision)),
      box_(revision_),
      choice_(std::make_unique<carrier_choice>(
          net.loop(), options().race_after, options().fall_back, *this)),
      watch_(net.loop(), [this] { on_silence(); }),
      ping_(net.loop(), [this] { on_ping_due(); }),
      limit_(net.loop(), [this] {
          if (stage_ == stage::closing)
              end({});
          else
              abandon_upgrade();
      }) {}

void engineio_channel::start() {
    choice_->start(settings_->carriers);
}

// -- opening --------------------------------------------------------------------------------------

std::chrono::milliseconds engineio_channel::time_for(client_carrier, bool is_last) {
    auto const tries = settings_->carriers.size();
    auto const is_only_one = tries == 1 || (is_last && !options().fall_back);
    return is_only_one ? options().connect_timeout
                       : options().connect_timeout / static_cast<int>(tries);
}

void engineio_channel::begin(client_carrier c, std::chrono::milliseconds timeout) {
    if (c == client_carrier::websocket) {
        websocket_ = std::make_unique<engineio_websocket>(net_, *settings_, *this);
        websocket_->open({}, timeout);
    } else {
        polling_ = std::make_unique<engineio_polling>(net_, *settings_, *this);
        polling_->open(timeout);
    }
}

void engineio_channel::give_up(client_carrier c) {
    drop_wire(c);
}

void engineio_channel::drop_wire(client_carrier c) noexcept {
    if (c == client_carrier::websocket)
        websocket_.reset();
    else
        polling_.reset();
}

client_carrier engineio_channel::carrier_of(engineio_wire const& wire) const noexcept {
    return &wire == websocket_.get() ? client_carrier::websocket : client_carrier::polling;
}

void engineio_channel::on_handshake(engineio_wire& wire, std::string_view data) {
    auto decoded = engineio::decode_open(data);
    if (!decoded.value) return on_bad_handshake(wire, decoded.wrong);
    session_ = std::move(*decoded.value);
    current_ = &wire;
    choice_.reset();
    if (carrier_of(wire) == client_carrier::websocket) {
        polling_.reset();
    } else {
        websocket_.reset();
        polling_->begin(session_);
    }
    if (!is_v4()) ping_.set(session_.ping_interval);
    note_life();
    presence::watch const here(presence_);
    tell_open();
    if (!here.is_gone()) begin_upgrade();
}

void engineio_channel::on_bad_handshake(engineio_wire& wire, std::string_view wrong) {
    auto const c = carrier_of(wire);
    drop_wire(c);
    choice_->failed(c,
                    make_failure(client_stage::protocol,
                                 make_error_code(errc::bad_handshake),
                                 "the server began with " + std::string(wrong)));
}

// -- packets --------------------------------------------------------------------------------------

void engineio_channel::on_connected(engineio_wire& wire) {
    if (upgrade_ != upgrade::opening || &wire != websocket_.get()) return;
    upgrade_ = upgrade::probing;
    websocket_->send(engineio::probe_packet);
}

void engineio_channel::on_packet(engineio_wire& wire, engineio::packet const& p) {
    if (stage_ == stage::opening) {
        if (p.type == packet_type::open) return on_handshake(wire, p.data);
        return on_bad_handshake(wire, "another packet than `open`");
    }
    if (&wire == current_) return on_session_packet(wire, p);
    on_probe_packet(p);
}

void engineio_channel::on_session_packet(engineio_wire&, engineio::packet const& p) {
    note_life();
    switch (p.type) {
        case packet_type::close:
            return end({close_reason::server_closed, close_code::no_status, {}});
        case packet_type::ping:
            // After the goodbye of a WebSocket nothing may be sent.
            if (!is_v4() || (stage_ == stage::closing && current_ == websocket_.get())) return;
            box_.push(engineio::pong_packet);
            return flush();
        case packet_type::pong:
            if (!is_v4() && stage_ == stage::open) ping_.set(session_.ping_interval);
            return;
        case packet_type::message: return deliver({p.data, p.binary});
        case packet_type::open:
        case packet_type::upgrade:
        case packet_type::noop: return;
    }
}

void engineio_channel::on_life(engineio_wire& wire) {
    // A long message that comes slowly is one.
    if (&wire == current_) note_life();
}

void engineio_channel::on_lost(engineio_wire& wire,
                               client_failure const& why,
                               close_event const& how) {
    if (stage_ == stage::opening) {
        auto const c = carrier_of(wire);
        drop_wire(c);
        return choice_->failed(c, why);
    }
    if (&wire == current_) return end(how);
    abandon_upgrade();
}

// -- sending --------------------------------------------------------------------------------------

void engineio_channel::send(message_view m, bool compress) {
    if (stage_ != stage::open) return;
    box_.push_message(m, compress);
    flush();
}

void engineio_channel::flush() {
    if (current_ && upgrade_ != upgrade::stopping) current_->write(box_);
}

void engineio_channel::on_writable(engineio_wire& wire) {
    if (&wire != current_) return;
    flush();
    if (!box_.is_empty() || current_->unsent_bytes() > 0) return;
    if (stage_ == stage::closing && current_ == polling_.get()) return end({});
    if (stage_ == stage::open) events_.on_sent();
}

std::size_t engineio_channel::queued_bytes() const noexcept {
    return box_.bytes() + (current_ ? current_->unsent_bytes() : 0);
}

bool engineio_channel::is_writable() const noexcept {
    return stage_ == stage::open && upgrade_ != upgrade::stopping && queued_bytes() == 0;
}

std::string_view engineio_channel::transport() const noexcept {
    return current_ ? current_->name() : std::string_view{};
}

std::string_view engineio_channel::subprotocol() const noexcept {
    auto const is_carrier = websocket_ && current_ == websocket_.get();
    return is_carrier ? websocket_->subprotocol() : std::string_view{};
}

void engineio_channel::begin_to_close() {
    ping_.clear();
    if (current_ == websocket_.get()) {
        flush();
        websocket_->close(close_code::normal, {});
    } else {
        box_.push(engineio::close_packet);
        abandon_upgrade();
        flush();
    }
    limit_.set(options().close_handshake);
}

// -- the upgrade ----------------------------------------------------------------------------------

void engineio_channel::begin_upgrade() {
    auto const is_wanted = options().upgrade && session_.upgrades_to_websocket &&
                           settings_->has_carrier(client_carrier::websocket);
    if (stage_ != stage::open || current_ != polling_.get() || !is_wanted) return;
    upgrade_ = upgrade::opening;
    websocket_ = std::make_unique<engineio_websocket>(net_, *settings_, *this);
    websocket_->open(session_.sid, options().connect_timeout);
    limit_.set(options().connect_timeout + 2 * tick_length);
}

void engineio_channel::on_probe_packet(engineio::packet const& p) {
    // The probe is answered once. What else comes before it has taken over is not the protocol.
    if (upgrade_ != upgrade::probing || p.type != packet_type::pong || p.data != "probe")
        return abandon_upgrade();
    upgrade_ = upgrade::stopping;
    limit_.clear();
    if (polling_->stop()) finish_upgrade();
}

void engineio_channel::on_rest(engineio_wire&) {
    if (upgrade_ == upgrade::stopping) finish_upgrade();
}

void engineio_channel::finish_upgrade() {
    upgrade_ = upgrade::none;
    websocket_->send(engineio::upgrade_packet);
    current_ = websocket_.get();
    polling_.reset();
    if (is_paused()) current_->pause(true);
    flush();
    events_.on_transport();
}

/// The session goes on by polling.
void engineio_channel::abandon_upgrade() {
    if (upgrade_ == upgrade::none) return;
    auto const was_stopping = upgrade_ == upgrade::stopping;
    upgrade_ = upgrade::none;
    limit_.clear();
    websocket_.reset();
    if (!was_stopping) return;
    polling_->go_on();
    flush();
}

// -- life -----------------------------------------------------------------------------------------

void engineio_channel::note_life() noexcept {
    if (is_paused()) return;
    watch_.set(session_.ping_interval + session_.ping_timeout);
}

void engineio_channel::on_silence() {
    end({close_reason::heartbeat_timeout,
         close_code::abnormal,
         "the server has not sent a heartbeat in time"});
}

void engineio_channel::on_ping_due() {
    if (stage_ != stage::open) return;
    box_.push(engineio::ping_packet);
    flush();
    if (!is_paused()) watch_.set(session_.ping_timeout);
}

void engineio_channel::pause_reading(bool is) {
    if (!current_) return;
    current_->pause(is);
    // What the server sends is not seen meanwhile.
    if (is)
        watch_.clear();
    else
        note_life();
}

void engineio_channel::drop() noexcept {
    choice_.reset();
    watch_.clear();
    ping_.clear();
    limit_.clear();
    current_ = nullptr;
    upgrade_ = upgrade::none;
    polling_.reset();
    websocket_.reset();
}

}  // namespace anywire

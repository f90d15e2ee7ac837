#include "websocket_connection.hpp"

#include "core/fault.hpp"
#include "websocket/frame.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace anywire {
namespace {

// What a peer may still send after the goodbye before it is cut off: a reset would take the goodbye
// with it, so all of a long message that was refused has to fit. None of it is stored.
constexpr std::uint32_t most_drained = 256u * 1024 * 1024;

// Bytes of messages, inflated ones, that one read may bring before others have their turn: a few
// hundred bytes can be as many megabytes.
constexpr std::size_t most_in_a_turn = std::size_t{512} * 1024;

// Bytes of unfinished messages that count as a sign of life.
constexpr std::uint32_t least_life = 4 * 1024;

}  // namespace

websocket_connection::websocket_connection(io_host& host,
                                           byte_stream stream,
                                           websocket_settings_ptr settings,
                                           std::string_view name,
                                           std::string_view head,
                                           std::optional<websocket::deflate_params> const& deflate,
                                           std::unique_ptr<connection_ticket> ticket)
    : connection(host, std::move(stream), settings->write_stall, std::move(ticket)),
      settings_(std::move(settings)),
      name_(name.data()),
      reader_(settings_->reader),
      head_(frame::make(head, frame_kind::raw)) {
    if (!deflate) return;
    reader_.enable_inflate(*deflate);
    compression_ = std::make_unique<compression>(
        compression{.agreed = *deflate, .refilled = host.loop().now()});
}

void websocket_connection::start(transport_events& session, std::string_view after_handshake) {
    session_ = &session;
    run_event([&] {
        std::string first(after_handshake);
        start_reading();
        host().loop().flush();  // the open comes before the first message
        if (compression_) count_received(first.size());
        if (!is_dropped() && !first.empty()) feed(first.data(), first.data() + first.size());
        host().loop().flush();
        send_head_if_alone();
    });
}

void websocket_connection::refuse() {
    run_event([this] { close(close_code::no_status, {}); });
}

// -- reading --------------------------------------------------------------------------------------

void websocket_connection::on_bytes(char* data, std::size_t size) {
    if (phase_ == phase::draining) {
        drained_ += static_cast<std::uint32_t>(size);
        if (drained_ > most_drained) drop();
        return;
    }
    // A peer in the middle of a long message cannot answer a ping, but its bytes speak for it, if
    // they are more than a drip.
    unspoken_ += static_cast<std::uint32_t>(size);
    if (unspoken_ >= least_life) {
        unspoken_ = 0;
        if (session_) session_->on_alive(*this);
    }
    if (compression_) count_received(size);
    feed(data, data + size);
}

/// What time forgives counts when there are bytes to judge.
void websocket_connection::count_received(std::size_t bytes) {
    auto& c = *compression_;
    auto const now = loop().now();
    if (reader_.excess() != 0 || c.budget.excess() != 0) {
        constexpr auto ticks_a_second = std::chrono::seconds{1} / tick_length;
        auto const passed = std::uint64_t{now - c.refilled};
        auto const refill = passed * settings_->ratio_refill / ticks_a_second;
        reader_.forgive(refill);
        c.budget.forgive(refill);
    }
    c.refilled = now;
    c.budget.received(bytes);
}

void websocket_connection::feed(char* at, char* end) {
    std::size_t brought = 0;
    while (!is_dropped() && phase_ != phase::draining) {
        auto const is_enough = brought >= most_in_a_turn && at != end;
        if (paused_ || is_enough) {
            hold_back({at, end});
            break;
        }
        auto const e = reader_.next(at, end);
        if (e.kind == websocket::event_kind::none) break;
        brought += e.data.size();
        on_event(e);
    }
    if (!is_dropped() && pongs_ && unsent_bytes() == 0) send_pongs();
}

/// The application paused while messages of this read were left, or others are to have their turn:
/// they wait here.
void websocket_connection::hold_back(std::string_view left) {
    if (!left.empty()) held_ = std::make_unique<std::string>(left);
    if (!paused_) go_on_later();
}

void websocket_connection::on_event(websocket::event const& e) {
    using kind = websocket::event_kind;
    switch (e.kind) {
        case kind::none: return;
        case kind::text:
        case kind::binary:
            if (compression_) compression_->budget.heard(e.data.size());
            if (session_) session_->on_payload(*this, e.data, e.kind == kind::binary);
            return;
        case kind::ping:
            if (session_) session_->on_alive(*this);
            return answer_ping(e.data);
        case kind::pong:
            if (session_) session_->on_alive(*this);
            return;
        case kind::close: return on_peer_close(e);
        case kind::error: return on_broken(e);
    }
}

// Cold: inlined, it would lie between what every frame passes.
[[gnu::cold]] void websocket_connection::on_peer_close(websocket::event const& e) {
    peer_closed_ = true;
    loop().flush();  // answers to what came before the goodbye leave before ours
    if (is_dropped()) return;
    if (phase_ == phase::open) {
        send_close(static_cast<close_code>(e.code), e.data);
        tell_closed({close_reason::client_closed, static_cast<close_code>(e.code), e.data});
    }
    finish_goodbye();
}

void websocket_connection::on_broken(websocket::event const& e) {
    loop().flush();
    if (is_dropped()) return;
    if (phase_ == phase::open) {
        send_close(static_cast<close_code>(e.code), {});
        auto const code = static_cast<close_code>(e.code);
        tell_closed({reason_of(code), code, e.data});
    }
    finish_goodbye();
}

void websocket_connection::answer_ping(std::string_view data) {
    if (phase_ != phase::open) return;
    if (!pongs_) pongs_ = std::make_unique<std::string>();
    // Pings of one read are answered in one write; of a peer that does not read, the latest is
    // enough (RFC 6455, section 5.5.3).
    if (unsent_bytes() != 0) pongs_->clear();
    frame_ptr const pong(frame::make(data, frame_kind::pong));
    pongs_->append(pong->ws());
}

void websocket_connection::send_pongs() {
    auto const pongs = std::move(pongs_);
    (void)send(*pongs);
}

void websocket_connection::pause_reading(bool pause) {
    if (paused_ == pause || is_dropped()) return;
    paused_ = pause;
    watch_end(pause);
    if (pause) return stop_reading();
    if (phase_ == phase::open) go_on_later();
}

/// Reads on, with what is held first, when everybody else has had a turn.
void websocket_connection::go_on_later() {
    stop_reading();
    later([this] {
        if (paused_ || phase_ == phase::draining) return;
        start_reading();
        if (auto const held = std::move(held_)) feed(held->data(), held->data() + held->size());
    });
}

// -- writing --------------------------------------------------------------------------------------

write_result websocket_connection::write(std::span<frame* const> batch) {
    auto const is_compressed =
        compression_ &&
        std::any_of(batch.begin(), batch.end(), [this](auto* f) { return compresses(*f); });
    auto const taken = is_compressed ? write_deflated(batch)
                       : head_       ? write_after_head(batch)
                                     : send_some_frames(batch);
    return {taken, unsent_bytes() == 0 ? write_result::next::ready : write_result::next::blocked};
}

std::size_t websocket_connection::write_after_head(std::span<frame* const> batch) {
    auto const head = std::move(head_);
    std::vector<frame*> with_head{head.get()};
    with_head.insert(with_head.end(), batch.begin(), batch.end());
    return send_some_frames(with_head) - 1;
}

/// Compresses no more than the socket takes, but for one piece.
std::size_t websocket_connection::write_deflated(std::span<frame* const> batch) {
    constexpr std::size_t piece = std::size_t{64} * 1024;
    std::size_t taken = 0;
    std::string flat;
    if (auto const head = std::move(head_)) flat.append(head->ws());
    while (taken < batch.size()) {
        while (taken < batch.size() && flat.size() < piece) append_frame(flat, *batch[taken++]);
        if (!send(flat)) break;
        flat.clear();
    }
    return taken;
}

/// Whether all who are sent the frame may have it in one and the same compressed form.
bool websocket_connection::can_share(frame const& f) const noexcept {
    auto const& agreed = compression_->agreed;
    return f.is_shared() && agreed.server_no_context_takeover &&
           agreed.server_max_window_bits == 15;
}

bool websocket_connection::compresses(frame const& f) const noexcept {
    if (!compression_ || f.is_uncompressed() || f.size() < settings_->deflate.threshold)
        return false;
    auto const is_message = f.kind() == frame_kind::text || f.kind() == frame_kind::binary;
    return is_message && (can_share(f) || !compression_->budget.is_used_up());
}

void websocket_connection::append_frame(std::string& out, frame const& f) {
    if (!compresses(f)) {
        out.append(f.ws());
        return;
    }
    if (!can_share(f)) return append_deflated(out, f);
    out.append(f.form(wire_form::deflate, [&](std::string& form) { append_deflated(form, f); }));
}

void websocket_connection::append_deflated(std::string& out, frame const& f) {
    auto& deflater = compression_->deflater;
    if (!deflater)
        deflater = std::make_unique<websocket::deflater>(
            compression_->agreed, settings_->deflate.level, settings_->deflate.mem_level);
    std::string payload(websocket::max_header, '\0');
    deflater->compress(f.text(), payload);
    if (compression_->agreed.server_no_context_takeover)
        deflater.reset();  // it holds 260 KB otherwise
    auto* const begin = payload.data() + websocket::max_header;
    auto const size = payload.size() - websocket::max_header;
    auto const header =
        websocket::write_header_before(begin, static_cast<websocket::opcode>(f.kind()), size, true);
    out.append(begin - header, header + size);
}

void websocket_connection::send_head_if_alone() {
    if (is_dropped() || !head_) return;
    auto const head = std::move(head_);
    std::array<frame*, 1> const batch{head.get()};
    send_frames(batch);
}

void websocket_connection::on_sent() {
    if (pongs_ && phase_ == phase::open) send_pongs();
    if (phase_ == phase::draining) return finish_goodbye();
    if (session_ && unsent_bytes() == 0) session_->on_writable(*this);
}

// -- the end --------------------------------------------------------------------------------------

void websocket_connection::send_close(close_code code, std::string_view text) {
    send_head_if_alone();
    std::string payload;
    if (code != close_code::no_status && code != close_code::abnormal)
        websocket::append_close_payload(payload, static_cast<std::uint16_t>(code), text);
    frame_ptr const last(frame::make(payload, frame_kind::close));
    std::array<frame*, 1> const batch{last.get()};
    send_frames(batch);
}

void websocket_connection::close(close_code code, std::string_view text) noexcept {
    session_ = nullptr;
    if (phase_ != phase::open || is_dropped()) return;
    phase_ = phase::closing;
    paused_ = false;
    watch_end(false);
    send_close(code, text);
    set_deadline(loop().now() + settings_->close_handshake);
    // The peer's goodbye may be in what is held, or on its way.
    held_ ? go_on_later() : start_reading();
}

void websocket_connection::abort() noexcept {
    session_ = nullptr;
    drop();
}

void websocket_connection::finish_goodbye() {
    if (is_dropped()) return;
    if (phase_ != phase::draining) {
        phase_ = phase::draining;
        set_deadline(loop().now() + settings_->close_handshake);
    }
    if (unsent_bytes() != 0) return;  // `on_sent` comes back here
    // Both closes are through and nothing is unread: the socket may go at once.
    if (peer_closed_) return drop();
    stream().shutdown_send();
    start_reading();
}

void websocket_connection::tell_closed(close_event const& how) {
    if (session_) std::exchange(session_, nullptr)->on_closed(*this, false, how);
}

void websocket_connection::on_end(bool) {
    tell_closed({close_reason::transport_lost, close_code::abnormal, "the connection broke"});
    drop();
}

void websocket_connection::on_stalled() {
    tell_closed({close_reason::slow_consumer, close_code::abnormal, "the peer does not read"});
    drop();
}

void websocket_connection::on_deadline() {
    drop();
}

void websocket_connection::on_shutdown() {
    // With a session, that one says goodbye; without, the goodbye is under way.
    if (!session_ && phase_ == phase::open) drop();
}

}  // namespace anywire

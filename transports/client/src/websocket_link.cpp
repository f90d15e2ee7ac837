#include "websocket_link.hpp"

#include "core/fault.hpp"
#include "websocket/frame.hpp"

#include <algorithm>
#include <utility>

namespace anywire {
namespace {

using namespace std::chrono_literals;

/// How long a server may take nothing of what the kernel holds.
constexpr std::chrono::milliseconds write_stall = 30s;

// What a server may still send after the goodbye before it is cut off. None of it is stored.
constexpr std::uint32_t most_drained = 256u * 1024 * 1024;

// Bytes of messages, inflated ones, that one read may bring before others have their turn.
constexpr std::size_t most_in_a_turn = 512u << 10;

/// Frames that one message may come in: so many that those of 64 bytes reach the longest message.
std::uint32_t most_fragments(std::size_t max_message) noexcept {
    constexpr std::size_t least = websocket::reader_options{}.max_fragments;
    return static_cast<std::uint32_t>(std::clamp(max_message / 64, least, std::size_t{1} << 30));
}

// Bytes of unfinished messages that count as a sign of life.
constexpr std::uint32_t least_life = 4 * 1024;

std::size_t header_size(std::size_t payload) noexcept {
    return payload < 126 ? 6 : payload <= 0xffff ? 8 : websocket::max_client_header;
}

}  // namespace

websocket_link::websocket_link(io_host& host,
                               byte_stream stream,
                               websocket_link_options const& options)
    : connection(host, std::move(stream), to_ticks(write_stall), nullptr),
      limits_{.max_message = options.max_message,
              .max_fragments = most_fragments(options.max_message)},
      reader_(limits_, websocket::role::client),
      close_handshake_(options.close_handshake) {
    if (!options.agreed) return;
    reader_.enable_inflate(*options.agreed);
    auto const ours = websocket::swapped(*options.agreed);
    if (!websocket::can_deflate(ours)) return;
    compression_ = std::make_unique<compression>();
    compression_->params = ours;
    compression_->options = options.deflate;
}

void websocket_link::attach(client_websocket_events& to, websocket_link*& slot) noexcept {
    to_ = &to;
    slot_ = &slot;
    slot = this;
}

void websocket_link::start(client_websocket_events& to,
                           websocket_link*& slot,
                           std::string_view rest) {
    attach(to, slot);
    std::string first(rest);
    run_event([&] {
        if (!paused_) start_reading();
        if (!first.empty()) {
            in_turn_ = true;
            feed(first.data(), first.data() + first.size());
            in_turn_ = false;
        }
        if (!is_dropped()) flush();
    });
}

void websocket_link::abandon() noexcept {
    to_ = nullptr;
    slot_ = nullptr;
    drop();
}

// -- reading --------------------------------------------------------------------------------------

void websocket_link::on_bytes(char* data, std::size_t size) {
    if (phase_ == phase::draining) {
        drained_ += static_cast<std::uint32_t>(size);
        if (drained_ > most_drained) drop();
        return;
    }
    in_turn_ = true;
    unspoken_ += static_cast<std::uint32_t>(size);
    if (unspoken_ >= least_life) {
        unspoken_ = 0;
        if (to_) to_->on_alive();
    }
    if (!is_dropped()) feed(data, data + size);
    in_turn_ = false;
    if (!is_dropped()) flush();
}

void websocket_link::feed(char* at, char* end) {
    std::size_t brought = 0;
    while (!is_dropped() && phase_ != phase::draining) {
        auto const is_enough = brought >= most_in_a_turn && at != end;
        if (paused_ || is_enough) {
            if (at != end) held_ = std::make_unique<std::string>(at, end);
            if (!paused_) go_on_later();
            return;
        }
        auto const e = reader_.next(at, end);
        if (e.kind == websocket::event_kind::none) return;
        brought += e.data.size();
        on_event(e);
    }
}

void websocket_link::on_event(websocket::event const& e) {
    using kind = websocket::event_kind;
    switch (e.kind) {
        case kind::none: return;
        case kind::text:
        case kind::binary:
            // As in browsers: what comes after our goodbye is not heard any more.
            if (to_ && phase_ == phase::open) to_->on_message({e.data, e.kind == kind::binary});
            return;
        case kind::ping:
            // Of a server that does not read, what waits already is enough.
            if (phase_ == phase::open && unsent_bytes() == 0)
                append(websocket::opcode::pong, e.data);
            [[fallthrough]];
        case kind::pong:
            if (to_) to_->on_alive();
            return;
        case kind::close: return on_peer_close(e);
        case kind::error: return on_broken(e);
    }
}

void websocket_link::on_peer_close(websocket::event const& e) {
    peer_closed_ = true;
    auto const began = phase_ != phase::open;
    auto const code = static_cast<close_code>(e.code);
    if (!began) append_close(code, e.data);
    phase_ = phase::draining;
    std::string const text(e.data);
    flush();
    if (is_dropped()) return;
    finish_goodbye();
    tell_closed({began ? close_reason::client_closed : close_reason::server_closed, code, text},
                true);
}

void websocket_link::on_broken(websocket::event const& e) {
    auto const code = static_cast<close_code>(e.code);
    if (phase_ == phase::open) append_close(code, {});
    phase_ = phase::draining;
    std::string const text(e.data);
    flush();
    if (is_dropped()) return;
    finish_goodbye();
    tell_closed({code == close_code::message_too_big ? close_reason::message_too_big
                                                     : close_reason::protocol_error,
                 close_code::abnormal,
                 text},
                false);
}

void websocket_link::pause(bool is) {
    if (paused_ == is || is_dropped()) return;
    paused_ = is;
    watch_end(is);
    if (is) return stop_reading();
    if (phase_ == phase::open) go_on_later();
}

/// Reads on, with what is held first, when everybody else has had a turn.
void websocket_link::go_on_later() {
    stop_reading();
    later([this] {
        if (paused_ || phase_ == phase::draining) return;
        start_reading();
        in_turn_ = true;
        if (auto const held = std::move(held_)) feed(held->data(), held->data() + held->size());
        in_turn_ = false;
        if (!is_dropped()) flush();
    });
}

// -- writing --------------------------------------------------------------------------------------

void websocket_link::send_message(message_view m, bool compress) {
    if (phase_ != phase::open || is_dropped()) return;
    auto const op = m.binary ? websocket::opcode::binary : websocket::opcode::text;
    if (compress && compression_ && m.data.size() >= compression_->options.threshold) {
        auto& c = *compression_;
        if (!c.deflater) c.deflater.emplace(c.params, c.options.level, c.options.mem_level);
        std::string payload;
        c.deflater->compress(m.data, payload);
        // Its memory is much, and nothing in it is needed again.
        if (c.params.server_no_context_takeover) c.deflater.reset();
        append(op, payload, true);
    } else {
        append(op, m.data);
    }
    flush_soon();
}

void websocket_link::send_ping() {
    if (phase_ != phase::open || is_dropped()) return;
    append(websocket::opcode::ping, {});
    flush_soon();
}

void websocket_link::append(websocket::opcode op, std::string_view payload, bool compressed) {
    auto const begin = out_.size() + header_size(payload.size());
    if (out_.empty()) out_.reserve(std::max<std::size_t>(usual_, begin + payload.size()));
    out_.resize(begin);
    out_.append(payload);
    (void)websocket::mask_frame_before(
        out_.data() + begin, op, payload.size(), loop().random_u32(), compressed);
}

void websocket_link::append_close(close_code code, std::string_view text) {
    std::string payload;
    if (code != close_code::no_status && code != close_code::abnormal)
        websocket::append_close_payload(payload, static_cast<std::uint16_t>(code), text);
    append(websocket::opcode::close, payload);
}

void websocket_link::flush_soon() {
    if (in_turn_ || will_flush_) return;
    will_flush_ = true;
    later([this] {
        will_flush_ = false;
        flush();
    });
}

/// Hands what is queued to the kernel, unless it is full; then `on_sent` comes back here.
void websocket_link::flush() {
    if (unsent_bytes() != 0) return;
    if (!out_.empty()) {
        owes_sent_ = true;
        constexpr std::size_t most_usual = std::size_t{16} * 1024;
        usual_ = static_cast<std::uint16_t>(std::min(out_.size(), most_usual));
        auto const bytes = std::exchange(out_, {});
        if (!send(bytes)) return;
    }
    if (!std::exchange(owes_sent_, false)) return;
    if (to_ && !is_broken() && phase_ == phase::open) to_->on_sent();
}

void websocket_link::on_sent() {
    flush();
    if (!is_dropped() && phase_ == phase::draining) finish_goodbye();
}

// -- the end --------------------------------------------------------------------------------------

void websocket_link::close(close_code code, std::string_view text) {
    if (phase_ != phase::open || is_dropped()) return;
    append_close(code, text);
    phase_ = phase::closing;
    paused_ = false;
    watch_end(false);
    set_deadline(loop().now() + to_ticks(close_handshake_));
    flush_soon();
    // The server's goodbye may be in what is held, or on its way.
    held_ ? go_on_later() : start_reading();
}

/// Waits for the server to end the connection, as it is to do first (RFC 6455, section 7.1.1).
void websocket_link::finish_goodbye() {
    set_deadline(loop().now() + to_ticks(close_handshake_));
    if (bytes_left() != 0) return;  // `on_sent` comes back here
    if (!peer_closed_) stream().shutdown_send();
    start_reading();
}

void websocket_link::tell_closed(close_event const& how, bool clean) {
    if (slot_) *std::exchange(slot_, nullptr) = nullptr;
    if (to_) std::exchange(to_, nullptr)->on_closed(how, clean);
}

void websocket_link::end(close_event const& how) {
    drop();
    tell_closed(how, false);
}

void websocket_link::on_end(bool) {
    end({close_reason::transport_lost, close_code::abnormal, "the connection broke"});
}

void websocket_link::on_stalled() {
    end({close_reason::slow_consumer, close_code::abnormal, "the server does not read"});
}

}  // namespace anywire

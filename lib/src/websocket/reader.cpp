#include "websocket/reader.hpp"

#include "core/fault.hpp"
#include "core/utf8.hpp"
#include "websocket/grow.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <utility>

namespace anywire::websocket {
namespace {

constexpr auto no_code = static_cast<std::uint16_t>(close_code::no_status);

event error(fault what, std::string_view why) noexcept {
    return {event_kind::error, why, static_cast<std::uint16_t>(close_code_of(what))};
}

event not_utf8() noexcept {
    return error(fault::bad_text, "a text message is not UTF-8");
}

/// What so many bytes of frames may inflate to.
std::uint64_t bytes_bought(std::uint64_t paid, std::uint32_t ratio) noexcept {
    constexpr std::uint64_t beyond_any_message = 0xffffffff;
    return std::min(paid, beyond_any_message) * ratio;
}

event close_event(std::string_view payload) noexcept {
    if (payload.empty()) return {event_kind::close, {}, no_code};
    if (payload.size() == 1) return error(fault::bad_frame, "a close frame has half a code");
    auto const code = static_cast<std::uint16_t>(static_cast<unsigned char>(payload[0]) << 8 |
                                                 static_cast<unsigned char>(payload[1]));
    if (!is_valid_close_code_from_peer(code))
        return error(fault::bad_frame, "a close frame has a code that may not be sent");
    auto const reason = payload.substr(2);
    if (!is_utf8(reason)) return error(fault::bad_text, "the reason of a close frame is not UTF-8");
    return {event_kind::close, reason, code};
}

/// The header of a frame that the other side sent.
frame_header decode_header(role side, std::string_view in) noexcept {
    return side == role::server ? decode_client_header(in) : decode_server_header(in);
}

/// A frame without a mask is left alone: that is a client's whole cost, and a server's none.
void unmask(char* payload, std::size_t size, mask_key mask) noexcept {
    if (mask != 0) apply_mask(payload, size, mask);
}

}  // namespace

/// All that a reader remembers between two inputs.
struct message_reader::unfinished {
    std::array<char, max_client_header> head{};  // a header cut by the end of the input
    std::uint8_t head_size = 0;

    frame_header frame{};  // the frame whose payload is arriving
    std::uint64_t missing = 0;
    bool in_frame = false;

    bool in_message = false;
    bool compressed = false;
    opcode kind = opcode::text;
    utf8_validator utf8{};
    std::uint32_t fragments = 0;
    std::uint64_t announced = 0;  // payload bytes of the message's frames so far
    std::uint64_t paid = 0;       // the same with their headers
    std::string message{};
    std::unique_ptr<inflater> inflate{};

    std::uint8_t control_size = 0;
    std::array<char, max_control_payload> control{};

    bool idle() const noexcept { return !in_frame && !in_message && head_size == 0; }

    void begin_message(frame_header const& h) {
        in_message = true;
        compressed = h.rsv1;
        kind = h.op;
        utf8 = {};
        fragments = 0;
        announced = 0;
        paid = 0;
    }

    void begin_frame(frame_header const& h) {
        frame = h;
        missing = h.payload_size;
        in_frame = true;
        control_size = 0;
    }

    /// Takes bytes until the header is complete or wrong.
    frame_header top_up_head(role side, char*& at, char* end) noexcept {
        frame_header h;
        while (at != end && h.size == 0 && h.problem == nullptr) {
            head[head_size++] = *at++;
            h = decode_header(side, {head.data(), head_size});
        }
        if (h.size != 0) head_size = 0;
        return h;
    }
};

message_reader::message_reader(reader_options const& options, role side) noexcept
    : options_{&options}, side_{side} {}
message_reader::message_reader(message_reader&&) noexcept = default;
message_reader& message_reader::operator=(message_reader&&) noexcept = default;
message_reader::~message_reader() = default;

void message_reader::enable_inflate(deflate_params const& agreed) noexcept {
    inflates_ = true;
    auto const peers = side_ == role::server ? agreed : swapped(agreed);
    forgets_ = peers.client_no_context_takeover;
    window_bits_ = static_cast<std::uint8_t>(peers.client_max_window_bits);
}

event message_reader::next(char*& at, char* end) {
    if (!unfinished_ && !ended_) {
        auto const e = side_ == role::server ? take_short<role::server>(at, end)
                                             : take_short<role::client>(at, end);
        if (e.kind != event_kind::none) return e;
    }
    return next_of_any(at, end);
}

/// What most input is made of, without the machinery for all else: a message that lies in the input
/// whole, in one frame of the shortest header. `none`: it is not that, and nothing was used.
/// Requires: nothing is unfinished.
template <role Side>
event message_reader::take_short(char*& at, char* end) noexcept {
    constexpr unsigned whole_text = 0x81, whole_binary = 0x82;  // with FIN
    constexpr unsigned mask_bit = Side == role::server ? 0x80 : 0, longest = 125;
    constexpr std::size_t header = Side == role::server ? 2 + sizeof(mask_key) : 2;
    auto const there = static_cast<std::size_t>(end - at);
    if (there < header) return {};
    auto const first = static_cast<unsigned char>(at[0]);
    // Beyond the longest where the mask is not as it has to be.
    auto const size = static_cast<unsigned char>(at[1]) ^ mask_bit;
    auto const is_short = (first == whole_text || first == whole_binary) && size <= longest;
    if (!is_short || size > there - header || size > options_->max_message) return {};
    char* const payload = at + header;
    at = payload + size;
    std::string_view const message{payload, size};
    auto is_sound = first == whole_binary;
    if constexpr (Side == role::server) {
        mask_key mask = 0;
        std::memcpy(&mask, payload - sizeof mask, sizeof mask);
        is_sound |= apply_mask(payload, size, mask);
    }
    if (is_sound || is_utf8(message))
        return {first == whole_binary ? event_kind::binary : event_kind::text, message};
    ended_ = true;
    at = end;
    return not_utf8();
}

event message_reader::next_of_any(char*& at, char* end) {
    release_finished(at != end);
    while (at != end && !ended_) {
        auto const e =
            unfinished_ && unfinished_->in_frame ? take_payload(at, end) : start_frame(at, end);
        if (e.kind == event_kind::none) continue;
        if (e.kind == event_kind::error) unfinished_.reset();
        ended_ = e.kind == event_kind::error || e.kind == event_kind::close;
        if (ended_) at = end;
        return e;
    }
    at = end;
    return {};
}

bool message_reader::has_partial() const noexcept {
    return !ended_ && unfinished_ && !unfinished_->idle();
}

std::size_t message_reader::partial_bytes() const noexcept {
    if (!unfinished_) return 0;
    auto const& u = *unfinished_;
    return sizeof u + u.message.capacity() + (u.inflate ? u.inflate->footprint() : 0);
}

event message_reader::start_frame(char*& at, char* end) {
    frame_header h;
    if (unfinished_ && unfinished_->head_size != 0) {
        h = unfinished_->top_up_head(side_, at, end);
    } else {
        auto const size = static_cast<std::size_t>(end - at);
        h = decode_header(side_, {at, size});
        if (h.size == 0 && h.problem == nullptr) {
            auto& u = open_unfinished();
            std::memcpy(u.head.data(), at, size);
            u.head_size = static_cast<std::uint8_t>(size);
            at = end;
        }
        at += h.size;
    }
    if (h.problem != nullptr) return error(fault::bad_frame, h.problem);
    if (h.size == 0) return {};
    return is_control(h.op) ? start_control(h, at, end) : start_data(h, at, end);
}

event message_reader::start_control(frame_header const& h, char*& at, char* end) {
    if (static_cast<std::size_t>(end - at) < h.payload_size) {
        open_unfinished().begin_frame(h);
        return take_payload(at, end);
    }
    auto const size = static_cast<std::size_t>(h.payload_size);
    char* const payload = at;
    at += size;
    unmask(payload, size, h.mask);
    return control_event(h.op, {payload, size});
}

/// What rule a data frame breaks by coming now, as a sentence.
char const* message_reader::problem_of_order(frame_header const& h) const noexcept {
    bool const first = h.op != opcode::continuation;
    bool const in_message = unfinished_ && unfinished_->in_message;
    if (first && in_message) return "a message begins inside another";
    if (!first && !in_message) return "there is no message to continue";
    if (h.rsv1 && !(inflates_ && first)) return "a frame is wrongly marked as compressed";
    return nullptr;
}

event message_reader::start_data(frame_header const& h, char*& at, char* end) {
    if (auto const* const problem = problem_of_order(h)) return error(fault::bad_frame, problem);
    bool const first = h.op != opcode::continuation;
    auto const announced = h.payload_size + (first ? 0 : unfinished_->announced);
    if (announced > max_announced(first ? h.rsv1 : unfinished_->compressed))
        return error(fault::message_too_big,
                     "a message is longer than `session_limits::max_message`");

    if (first && h.fin && !h.rsv1 && static_cast<std::size_t>(end - at) >= h.payload_size) {
        std::string_view const message{at, static_cast<std::size_t>(h.payload_size)};
        unmask(at, message.size(), h.mask);
        at += message.size();
        if (h.op == opcode::binary) return {event_kind::binary, message};
        return is_utf8(message) ? event{event_kind::text, message} : not_utf8();
    }

    auto& u = open_unfinished();
    if (first) u.begin_message(h);
    u.announced = announced;
    u.paid += h.size + h.payload_size;
    ++u.fragments;
    if (options_->max_fragments != 0 && u.fragments > options_->max_fragments)
        return error(fault::message_too_big,
                     "a message has more fragments than `session_limits::max_fragments`");
    u.begin_frame(h);
    return take_payload(at, end);
}

event message_reader::take_payload(char*& at, char* end) {
    auto& u = *unfinished_;
    auto const size =
        static_cast<std::size_t>(std::min(u.missing, static_cast<std::uint64_t>(end - at)));
    std::string_view const piece{at, size};
    unmask(at, size, u.frame.mask);
    u.frame.mask = mask_after(u.frame.mask, size);
    at += size;
    u.missing -= size;
    u.in_frame = u.missing != 0;

    if (is_control(u.frame.op)) {
        std::copy(piece.begin(), piece.end(), u.control.data() + u.control_size);
        u.control_size = static_cast<std::uint8_t>(u.control_size + size);
        return u.in_frame ? event{} : control_event(u.frame.op, {u.control.data(), u.control_size});
    }
    auto const e = store(piece);
    if (e.kind != event_kind::none || u.in_frame || !u.frame.fin) return e;
    return end_message();
}

event message_reader::store(std::string_view piece) {
    auto& u = *unfinished_;
    if (u.compressed) {
        if (!u.inflate)
            u.inflate =
                std::make_unique<inflater>(deflate_params{.client_max_window_bits = window_bits_});
        auto const before = u.message.size();
        auto const ec = u.inflate->inflate(piece, u.message, most_inflated());
        return inflated(ec, before);
    }
    if (u.kind == opcode::text && !u.utf8.feed(piece)) return not_utf8();
    // Of one frame the length is known; fragments may go on to the limit.
    auto const most = u.frame.fin ? static_cast<std::size_t>(u.announced) : options_->max_message;
    grow(u.message, u.message.size() + piece.size(), most);
    u.message.append(piece);
    return {};
}

event message_reader::end_message() {
    auto& u = *unfinished_;
    if (u.compressed) {
        auto const before = u.message.size();
        auto const ec = u.inflate->finish(u.message, most_inflated());
        auto const e = inflated(ec, before);
        if (e.kind != event_kind::none) return e;
        settle();
    }
    u.in_message = false;  // `release_finished` frees the message at the next call
    if (u.kind == opcode::binary) return {event_kind::binary, u.message};
    return u.utf8.complete() ? event{event_kind::text, u.message} : not_utf8();
}

/// What the message may inflate to: as long as a message may be, and as the bytes of its frames
/// allow. Those of the frame that is arriving count as soon as it has told its length, so that the
/// cuts of the input decide nothing; who announces what it does not send gains one message by it.
std::size_t message_reader::most_inflated() const noexcept {
    auto const& o = *options_;
    if (o.max_ratio == 0) return o.max_message;
    auto const left = o.ratio_burst > excess_ ? o.ratio_burst - excess_ : 0;
    auto const allowed = left + bytes_bought(unfinished_->paid, o.max_ratio);
    return static_cast<std::size_t>(std::min<std::uint64_t>(o.max_message, allowed));
}

/// A message has ended: takes from the account what it has inflated to, less what it has paid for.
void message_reader::settle() noexcept {
    auto const& u = *unfinished_;
    auto const all = excess_ + std::uint64_t{u.message.size()};
    auto const bought = bytes_bought(u.paid, options_->max_ratio);
    // No more than the burst, or there was no bound.
    excess_ = all > bought ? static_cast<std::uint32_t>(
                                 std::min<std::uint64_t>(all - bought, options_->ratio_burst))
                           : 0;
}

/// Judges what the inflater appended to the first `validated` bytes. Text comes first, so that how
/// the input was cut up does not decide which of two errors is met.
event message_reader::inflated(error_code ec, std::size_t validated) {
    auto& u = *unfinished_;
    if (u.kind == opcode::text && !u.utf8.feed(std::string_view{u.message}.substr(validated)))
        return not_utf8();
    if (ec == errc::message_too_big)
        return error(fault::message_too_big,
                     u.message.size() > options_->max_message
                         ? "an inflated message is longer than `session_limits::max_message`"
                         : "messages inflate to more than `deflate_options::max_ratio`, "
                           "`ratio_burst` and `ratio_refill` allow");
    if (ec) return error(fault_of(ec), "a compressed message does not inflate");
    return {};
}

event message_reader::control_event(opcode op, std::string_view payload) const noexcept {
    if (op == opcode::close) return close_event(payload);
    return {op == opcode::ping ? event_kind::ping : event_kind::pong, payload};
}

message_reader::unfinished& message_reader::open_unfinished() {
    if (!unfinished_) unfinished_ = std::make_unique<unfinished>();
    return *unfinished_;
}

/// With `more` to come at once, the memory of what has ended is there for what follows.
void message_reader::release_finished(bool more) noexcept {
    if (!unfinished_ || !(ended_ || unfinished_->idle())) return;
    if (more && !ended_) {
        unfinished_->message.clear();
        if (forgets_) unfinished_->inflate.reset();
        return;
    }
    if (ended_ || forgets_ || !unfinished_->inflate)
        unfinished_.reset();
    else
        std::string{}.swap(unfinished_->message);
}

/// The most payload the frames of one message may add up to.
std::uint64_t message_reader::max_announced(bool compressed) const noexcept {
    std::uint64_t const most = options_->max_message;
    // What does not compress grows; this is the worst that zlib does to it.
    return compressed ? most + most / 8 + most / 64 + 64 : most;
}

}  // namespace anywire::websocket

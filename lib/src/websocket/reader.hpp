#pragma once

#include <anywire/error.hpp>

#include "websocket/deflate.hpp"
#include "websocket/frame.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace anywire::websocket {

/// What `message_reader` found.
enum class event_kind : std::uint8_t {
    none,    ///< Nothing more until more bytes arrive.
    text,    ///< A whole message, which is UTF-8.
    binary,  ///< A whole message.
    ping,    ///< To be answered by a pong with the same data.
    pong,
    close,  ///< The peer's goodbye. All that follows it is ignored.
    error,  ///< The peer broke a rule. All that follows is ignored.
};

/// One thing the peer said, borrowing its data.
struct event {
    event_kind kind = event_kind::none;
    std::string_view
        data{};  ///< Payload; of a close its reason, of an error a sentence for the log.
    std::uint16_t code = 0;  ///< Close: the peer's, 1005 for none. Error: 1002, 1007 or 1009.
};

/// The bounds of a reader; what is over them is error 1009.
struct reader_options {
    std::size_t max_message = 1'000'000;  ///< Bytes of a message, inflated; below 2^62.
    std::uint32_t max_fragments = 16384;  ///< Frames of one message; 0 = no bound of its own.
    /// Bytes that compressed messages may inflate to for each byte of their frames, on the average
    /// of what a connection has sent; 0 = no bound.
    std::uint32_t max_ratio = 32;
    std::uint32_t ratio_burst = 1u << 20;  ///< Bytes beyond that average.
};

/// Turns the bytes the peer sends into messages.
///
/// A server's reads masked frames, a client's unmasked ones, and each refuses the other kind; all
/// else is the same. A frame that lies in the input whole is unmasked there and borrowed, without
/// copy or allocation. Anything unfinished is kept on the heap and grows as its bytes arrive, never
/// by what a header announces; limits are checked before bytes are stored. Text is validated as it
/// arrives. While nothing is unfinished the reader holds no memory but, under context takeover,
/// its inflater.
///
/// Spec: RFC 6455, sections 5 to 8; RFC 7692.
class message_reader {
public:
    /// Borrow: `options` must outlive the reader.
    explicit message_reader(reader_options const& options, role side = role::server) noexcept;
    message_reader(message_reader&&) noexcept;
    message_reader& operator=(message_reader&&) noexcept;
    ~message_reader();

    /// Lets messages be compressed from now on, as the peer has agreed to.
    void enable_inflate(deflate_params const& agreed) noexcept;

    /// The next event in the input, advancing `at` past what was used; `none` when all was.
    ///
    /// Borrow: the event's data points into the input or the reader, until the next call.
    /// Errors: as events; never by an exception but `bad_alloc`.
    /// Cost:   linear. Bytes in the input are changed (unmasked).
    [[nodiscard]] event next(char*& at, char* end);

    /// Bytes that messages have inflated to beyond what was sent for them, at `max_ratio`.
    [[nodiscard]] std::uint32_t excess() const noexcept { return excess_; }
    /// Forgets so many of them: the reader has no clock, and its owner may let time count.
    void forgive(std::uint64_t bytes) noexcept {
        excess_ -= static_cast<std::uint32_t>(std::min<std::uint64_t>(bytes, excess_));
    }

    /// Whether a frame or message has begun and not ended.
    [[nodiscard]] bool has_partial() const noexcept;

    /// Heap bytes held now: those of what is unfinished, and the inflater's.
    [[nodiscard]] std::size_t partial_bytes() const noexcept;

private:
    struct unfinished;

    char const* problem_of_order(frame_header const& h) const noexcept;
    template <role Side>
    event take_short(char*& at, char* end) noexcept;
    event next_of_any(char*& at, char* end);
    event start_frame(char*& at, char* end);
    event start_control(frame_header const& h, char*& at, char* end);
    event start_data(frame_header const& h, char*& at, char* end);
    event take_payload(char*& at, char* end);
    event store(std::string_view piece);
    event end_message();
    event control_event(opcode op, std::string_view payload) const noexcept;
    std::size_t most_inflated() const noexcept;
    void settle() noexcept;
    event inflated(error_code ec, std::size_t validated);
    unfinished& open_unfinished();
    void release_finished(bool more) noexcept;
    std::uint64_t max_announced(bool compressed) const noexcept;

    reader_options const* options_;
    std::unique_ptr<unfinished> unfinished_;
    bool ended_ : 1 = false;  // after a close or an error
    bool inflates_ : 1 = false;
    bool forgets_ : 1 = false;  // no context takeover
    role side_ = role::server;
    std::uint8_t window_bits_ = 15;  // the peer's
    std::uint32_t excess_ = 0;       // bytes inflated beyond what `max_ratio` has let come
};

static_assert(sizeof(message_reader) <= 24);

}  // namespace anywire::websocket

#pragma once

#include <anywire/session.hpp>

#include "connection.hpp"
#include "framing.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace anywire::gateway {

/// How a framed connection has ended.
enum class framed_end : std::uint8_t {
    ended,         ///< The peer has sent its end.
    closed,        ///< `close` was called, and the peer has ended or took too long.
    broken,        ///< The connection broke.
    stalled,       ///< The peer has read nothing for too long.
    cut_off,       ///< The peer has ended within a message.
    too_long,      ///< The peer has sent a message that is too long.
    not_utf8,      ///< The peer has sent text that is not UTF-8.
    line_end,      ///< A message to the peer held a line end.
    unframed_long  ///< A message to the peer was too long for its framing.
};

/// Hears of a framed connection. It may be destroyed in each of its calls; none comes from within a
/// call to the connection.
class framed_user {
public:
    virtual void on_framed_message(message_view m) = 0;
    /// There is room again after `send_message` had said that there is none.
    virtual void on_framed_room() = 0;
    /// The last call. What was sent still goes out, if the peer reads it.
    virtual void on_framed_end(framed_end why) = 0;

protected:
    ~framed_user() = default;
};

struct framed_options {
    framing_options framing{};
    std::size_t max_queued = 256u << 10u;  ///< Above it `send_message` is false.
    /// How long the peer may take nothing of what waits for it; 0 is for ever.
    std::chrono::milliseconds write_stall{30'000};
    /// How long it may take to end after a goodbye.
    std::chrono::milliseconds goodbye{10'000};
};

/// A stream with messages on it, of one kind of framing in both directions. What one event sends
/// leaves in one write; reading needs no buffer of its own.
///
/// Thread: the host's. Owns itself, as each `connection`.
class framed_connection final : public connection {
public:
    framed_connection(io_host& host, byte_stream stream, framed_options const& options);

    /// Begins to read, and sends `first` as it is. `slot` is where the user has its pointer to
    /// this; it is cleared at the end.
    void start(framed_user& to, framed_connection*& slot, std::string_view first);
    /// The user has gone: closes at once.
    void abandon() noexcept;

    /// Takes the message in any case. False: what waits is over the bound.
    bool send_message(std::string_view data);
    /// Says goodbye after what was sent: sends the end, and waits for the peer's.
    void close();
    void pause(bool is);
    std::size_t queued_bytes() const noexcept { return unsent_bytes() + out_.size(); }

    void on_shutdown() override {}

private:
    enum class phase : std::uint8_t {
        open,
        closing,  ///< What is left goes out, then the end; what comes is not heard any more.
    };
    struct held_bytes {
        std::string bytes;
        std::size_t used = 0;
    };

    void on_bytes(char* data, std::size_t size) override;
    void on_end(bool orderly) override;
    void on_sent() override { flush(); }
    void on_stalled() override;
    void on_deadline() override;
    void on_cut() noexcept override;

    std::size_t feed(std::string_view in);
    bool is_hearing() const noexcept { return phase_ == phase::open && !is_dropped(); }
    void go_on_later();
    void go_on();
    void take_end();
    void flush_soon();
    void flush();
    void begin_closing();
    void end_sending();
    void end(framed_end why);
    void tell_end(framed_end why);

    framed_user* to_ = nullptr;
    framed_connection** slot_ = nullptr;
    deframer deframer_;
    std::size_t max_queued_;
    std::uint32_t goodbye_;               // ticks
    std::string out_{};                   // what the next flush sends
    std::unique_ptr<held_bytes> held_{};  // read, but waits for its turn or a resume
    phase phase_ = phase::open;
    bool paused_ = false;
    bool peer_ended_ = false;
    bool end_is_due_ = false;  // the user hears of the peer's end after a resume
    bool sending_ended_ = false;
    bool will_flush_ = false;
    bool will_go_on_ = false;
    bool owes_room_ = false;
};

}  // namespace anywire::gateway

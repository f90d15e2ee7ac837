#pragma once

#include "../http_reader.hpp"
#include "../stream.hpp"
#include "door.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace bench::costs {

/// What a visitor does about that which comes down to it.
enum class habit : std::uint8_t {
    reads,        ///< Takes it all, and asks for more.
    never_reads,  ///< Asks once and leaves it in the kernel.
    never_asks,   ///< Leaves once the session is open, but for what it sends.
};

/// One hostile client: a session behind a door, and raw bytes.
class visitor final : stream_events {
public:
    visitor(event_loop& loop, address server, door d, habit h) noexcept
        : server_(server), door_(d), habit_(h), up_(loop, *this), down_(loop, *this) {}

    /// Connects and takes the steps that open a session; `is_open` follows, or `is_gone`.
    void open();
    /// Ends all connections without a goodbye.
    void abort() noexcept;

    /// Writes bytes as they are where messages go up; only behind `is_open`.
    void send(std::string_view bytes);
    /// Queues a whole request; the next one goes when the answer to the last has come.
    void request(std::string text);
    /// The same for a POST of this session.
    void post(std::string_view body, std::string_view content_type = text_plain);
    /// Stops reading, after all.
    void close_eyes();

    bool is_open() const noexcept { return is_open_; }
    /// The server has ended it, or refuses it.
    bool is_gone() const noexcept { return is_gone_; }
    /// Nothing is left to be sent, and every request is answered.
    bool is_idle() const noexcept;

    std::string const& sid() const noexcept { return sid_; }
    std::uint64_t taken() const noexcept { return up_.taken(); }
    std::uint64_t received() const noexcept { return received_; }
    /// Requests, handshakes and writes so far: what it has asked of the server. Of many requests in
    /// one write those that were answered.
    std::uint64_t steps() const noexcept { return std::max(steps_, answered_); }
    std::uint64_t answered() const noexcept { return answered_; }
    int status() const noexcept {
        return status_;
    }  ///< Of the latest answer to a request; 0: none.

    static constexpr std::string_view text_plain = "text/plain;charset=UTF-8";

private:
    void on_connected(stream& s) override;
    void on_data(stream& s, std::string_view data) override;
    void on_lost(stream& s) override;

    bool is_websocket() const noexcept { return costs::is_websocket(door_); }
    bool is_sockjs() const noexcept { return traits_of(door_).speaks == language::sockjs; }
    std::string target_of(std::string_view suffix) const;
    void upgrade();
    void take_upgrade(std::string_view data);
    void take_frames(std::string_view data);
    void take_header();
    void take_answers(std::string_view data);
    void ask();
    void take_down(std::string_view data);
    void take_first(std::string_view body);
    void next_request();
    void opened();
    void gone() noexcept;

    address server_;
    door door_;
    habit habit_;
    stream up_;
    stream down_;
    http_reader up_reader_{};
    http_reader down_reader_{};
    std::deque<std::string> requests_{};
    std::string sid_{};
    std::string header_{};
    std::uint64_t received_ = 0;
    std::uint64_t answered_ = 0;
    std::uint64_t steps_ = 0;
    std::uint64_t skip_ = 0;
    unsigned frames_ = 0;
    int status_ = 0;
    bool waits_ = false;
    bool is_upgraded_ = false;
    bool is_open_ = false;
    bool is_gone_ = false;
};

}  // namespace bench::costs

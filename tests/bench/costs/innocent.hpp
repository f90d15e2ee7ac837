#pragma once

#include "../message.hpp"
#include "../process.hpp"
#include "../stream.hpp"

#include <algorithm>
#include <chrono>
#include <string>

namespace bench::costs {

/// A client that echoes one small message after another, and remembers the longest it had to wait:
/// as the time that the server worked meanwhile, for a busy machine is not the server's fault.
class innocent final : stream_events {
public:
    innocent(event_loop& loop, process const& server) : server_(server), stream_(loop, *this) {
        append_frame(message_, 0x81, "innocent");
        stream_.connect({server.port()});
    }

    /// To be called often: sends the next message when it is time for it.
    void tick(time_point now) {
        if (!is_open_ || waits_ || now < next_) return;
        waits_ = true;
        worked_ = server_.cpu_time();
        stream_.write(message_);
    }

    bool is_open() const noexcept { return is_open_; }
    bool is_lost() const noexcept { return is_lost_; }
    bool waits() const noexcept { return waits_; }
    unsigned echoes() const noexcept { return echoes_; }

    /// The longest wait since `forget`, the one that is not over yet among them.
    std::chrono::nanoseconds longest() const noexcept {
        return waits_ ? std::max(longest_, server_.cpu_time() - worked_) : longest_;
    }
    void forget() noexcept { longest_ = {}; }

private:
    // Often enough to see a stall, seldom enough to cost the server nothing to speak of.
    static constexpr std::chrono::milliseconds pause{1};

    void on_connected(stream&) override {
        stream_.write(
            "GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    }
    void on_data(stream&, std::string_view) override {
        if (!is_open_) {
            is_open_ = true;  // the 101, which comes whole
            return;
        }
        if (!waits_) return;
        longest_ = std::max(longest_, server_.cpu_time() - worked_);
        next_ = steady::now() + pause;
        waits_ = false;
        ++echoes_;
    }
    void on_lost(stream&) override {
        is_lost_ = true;
        is_open_ = waits_ = false;
    }

    process const& server_;
    stream stream_;
    std::string message_{};
    std::chrono::nanoseconds worked_{};
    time_point next_{};
    std::chrono::nanoseconds longest_{};
    unsigned echoes_ = 0;
    bool is_open_ = false;
    bool is_lost_ = false;
    bool waits_ = false;
};

}  // namespace bench::costs

#pragma once

#include "connection.hpp"
#include "resp.hpp"

#include <string>
#include <string_view>

namespace anywire::redis {

/// Why something with a server has failed.
struct failure {
    error_code error{};
    std::string text{};  ///< One sentence.
};

/// A socket to a server: takes the answers apart. Owns itself: `abandon` lets go of it.
///
/// Thread: the host's.
class server_socket final : public anywire::connection {
public:
    class events {
    public:
        virtual void on_answer(reply&& r) = 0;
        /// The last call.
        virtual void on_socket_end(failure const& why) = 0;

    protected:
        ~events() = default;
    };

    server_socket(io_host& host,
                  byte_stream stream,
                  limits const& l,
                  std::chrono::milliseconds stall,
                  events& to);

    void begin() {
        run_event([this] { start_reading(); });
    }
    void write(std::string_view bytes) {
        run_event([&] { (void)send(bytes); });
    }
    /// Nothing is told any more.
    void abandon() noexcept {
        user_ = nullptr;
        drop();
    }
    /// The same after these bytes, as far as the kernel takes them at once.
    void leave(std::string_view last) noexcept {
        user_ = nullptr;
        run_event([&] {
            (void)send(last);
            drop();
        });
    }
    /// When bytes have come last.
    tick heard() const noexcept { return heard_; }

private:
    void on_shutdown() override {}
    void on_bytes(char* data, std::size_t size) override;
    std::size_t most_at_once() const noexcept override { return reply_reader::most_at_once; }
    void on_end(bool orderly) override;
    void on_sent() override {}
    void on_stalled() override;
    void on_deadline() override {}

    void end(error_code why, std::string text);

    events* user_;
    reply_reader reader_;
    tick heard_;
};

}  // namespace anywire::redis

#pragma once

#include "connection.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace anywire::stomp {

/// A socket to a broker. Owns itself: `part` and `abandon` let go of it.
///
/// Thread: the host's.
class broker_socket final : public anywire::connection {
public:
    class events {
    public:
        virtual void on_broker_bytes(std::string_view bytes) = 0;
        /// What `write` had kept is out.
        virtual void on_socket_sent() = 0;
        /// The last call, with the end of a sentence.
        virtual void on_socket_end(std::string const& why) = 0;
        /// The loop has ended. The last call.
        virtual void on_socket_gone() noexcept = 0;
        /// The server is going down: `part` soon.
        virtual void on_socket_shutdown() = 0;

    protected:
        ~events() = default;
    };

    broker_socket(io_host& host, byte_stream stream, events& to);
    ~broker_socket() override { on_cut(); }

    void begin() {
        run_event([this] { start_reading(); });
    }
    void write(std::string_view bytes) {
        run_event([&] { (void)send(bytes); });
    }
    void pause() noexcept { stop_reading(); }
    void resume() {
        run_event([this] { start_reading(); });
    }
    std::size_t unsent() const noexcept { return unsent_bytes(); }
    /// Sends the rest and these words, and waits for the broker's end; nothing is told any more.
    void part(std::string_view last_words);
    /// Nothing is told any more.
    void abandon() noexcept {
        user_ = nullptr;
        drop();
    }

private:
    // What is not taken yet is kept by the link.
    static constexpr std::size_t read_size = std::size_t{16} * 1024;

    void on_shutdown() override {
        if (user_) user_->on_socket_shutdown();
    }
    void on_bytes(char* data, std::size_t size) override {
        if (user_) user_->on_broker_bytes({data, size});
    }
    std::size_t most_at_once() const noexcept override { return read_size; }
    void on_end(bool orderly) override;
    void on_sent() override {
        if (user_) user_->on_socket_sent();
    }
    void on_stalled() override { end("does not take what is sent"); }
    void on_deadline() override { drop(); }
    void on_cut() noexcept override;
    void end(std::string const& why);

    events* user_;
};

}  // namespace anywire::stomp

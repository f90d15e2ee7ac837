#pragma once

#include "connection.hpp"
#include "node_frames.hpp"

#include <chrono>
#include <cstddef>
#include <string>

namespace anywire::mesh {

/// One connection between two nodes: who has made it sends, the other one reads. Owns itself:
/// `abandon` lets go of it.
///
/// Thread: the host's.
class node_line final : public anywire::connection {
public:
    class events {
    public:
        virtual void on_frame(node_line& l, node_frame const& f) = 0;
        /// The last call. `is_refusal` where the node has sent what it may not.
        virtual void on_line_end(node_line& l, std::string const& why, bool is_refusal) = 0;

    protected:
        ~events() = default;
    };

    /// `descriptor` goes to it. `patience` is how long the other node may take to read on.
    node_line(io_host& host,
              int descriptor,
              std::size_t max_message,
              std::chrono::milliseconds patience,
              events& to);

    void begin() {
        run_event([this] { start_reading(); });
    }
    void write(std::string_view bytes) {
        run_event([&] { (void)send(bytes); });
    }
    void write(frame& message) {
        run_event([&] {
            frame* const one = &message;
            (void)send_frames({&one, 1});
        });
    }
    std::size_t waiting_bytes() const noexcept { return unsent_bytes(); }
    /// Ends it, unless something has come by then.
    void expect_greeting(std::chrono::milliseconds within) {
        run_event([&] { set_deadline(loop().now() + to_ticks(within)); });
    }
    /// Nothing is told any more.
    void abandon() noexcept {
        user_ = nullptr;
        drop();
    }

private:
    void on_shutdown() override {}
    void on_bytes(char* data, std::size_t size) override;
    void on_end(bool) override { end("has gone", false); }
    void on_sent() override {}
    void on_stalled() override { end("does not read", false); }
    void on_deadline() override { end("does not say who it is", true); }
    void end(std::string const& why, bool is_refusal);

    events* user_;
    frame_reader reader_;
};

}  // namespace anywire::mesh

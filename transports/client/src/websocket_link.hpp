#pragma once

#include "client/network.hpp"
#include "connection.hpp"
#include "websocket/deflate.hpp"
#include "websocket/reader.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace anywire {

struct websocket_link_options {
    std::size_t max_message = 0;
    std::chrono::milliseconds close_handshake{0};
    websocket::deflate_options deflate{};
    std::optional<websocket::deflate_params> agreed{};
};

/// A client's WebSocket on its connection, from the 101 to the end: RFC 6455 with masked frames.
/// Lives on after its user has gone when a goodbye is under way, to see it through.
///
/// Rules: as `websocket_connection` has them. What one event sends leaves in one write.
class websocket_link final : public connection {
public:
    websocket_link(io_host& host, byte_stream stream, websocket_link_options const& options);

    /// Begins to read, first what came after the handshake. An event of its own. `slot` is where
    /// the user has its pointer to this; it is cleared at the end.
    void start(client_websocket_events& to, websocket_link*& slot, std::string_view rest);
    /// The same pointers, before `start`: `on_open` may send already.
    void attach(client_websocket_events& to, websocket_link*& slot) noexcept;
    void abandon() noexcept;

    void send_message(message_view m, bool compress);
    void send_ping();
    void close(close_code code, std::string_view text);
    void pause(bool is);
    std::size_t bytes_left() const noexcept { return unsent_bytes() + out_.size(); }

    void on_shutdown() override {}

private:
    enum class phase : std::uint8_t {
        open,
        closing,   ///< Our close frame is out or queued; the server's is awaited.
        draining,  ///< The goodbye is complete; the server's end is awaited.
    };

    void on_bytes(char* data, std::size_t size) override;
    void on_end(bool orderly) override;
    void on_sent() override;
    void on_stalled() override;
    void on_deadline() override { end({close_reason::client_closed, close_code::abnormal, {}}); }
    void on_cut() noexcept override { to_ = nullptr; }

    void feed(char* at, char* end);
    void go_on_later();
    void on_event(websocket::event const& e);
    void on_peer_close(websocket::event const& e);
    void on_broken(websocket::event const& e);
    void append(websocket::opcode op, std::string_view payload, bool compressed = false);
    void append_close(close_code code, std::string_view text);
    void flush_soon();
    void flush();
    void finish_goodbye();
    void tell_closed(close_event const& how, bool clean);
    /// Without a goodbye.
    void end(close_event const& how);

    client_websocket_events* to_ = nullptr;
    websocket_link** slot_ = nullptr;
    websocket::reader_options limits_;
    websocket::message_reader reader_;
    std::chrono::milliseconds close_handshake_;
    struct compression {
        websocket::deflate_params params{};
        websocket::deflate_options options{};
        std::optional<websocket::deflater> deflater{};
    };
    std::unique_ptr<compression> compression_{};
    std::string out_{};                    // frames that the next flush sends, and no memory else
    std::unique_ptr<std::string> held_{};  // bytes read that wait for their turn, or a resume
    phase phase_ = phase::open;
    bool peer_closed_ = false;
    bool paused_ = false;
    bool in_turn_ = false;  // a flush follows
    bool will_flush_ = false;
    bool owes_sent_ = false;   // bytes have been sent since the last `on_sent`
    std::uint16_t usual_ = 0;  // bytes of what the last flush has sent: the next may be as many
    std::uint32_t drained_ = 0;
    std::uint32_t unspoken_ = 0;  // bytes since the last sign of life told
};

}  // namespace anywire

#pragma once

#include <anywire/transport.hpp>

#include "connection.hpp"
#include "websocket/compression_budget.hpp"
#include "websocket/deflate.hpp"
#include "websocket/reader.hpp"

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace anywire {

/// What the WebSockets of one mount have in common; the last of them outlives the mount perhaps.
struct websocket_settings : boost::intrusive_ref_counter<websocket_settings> {
    websocket::reader_options reader{};
    websocket::deflate_options deflate{};
    tick write_stall = 0;
    tick close_handshake = 0;
    std::uint32_t ratio_refill = 0;  ///< As in the public options: bytes a second.
};

using websocket_settings_ptr = boost::intrusive_ptr<websocket_settings const>;

/// The duplex carrier: RFC 6455 over a byte stream.
///
/// Rules: a close is sent once; after ours only the peer's close or its end is waited for; after
/// the peer's, or after an error, the rest of its bytes is read and thrown away, so that our last
/// frame is not lost in a reset.
class websocket_connection final : public connection, public transport {
public:
    /// `head` is the 101 that has not been sent yet; it leaves with the first frames.
    websocket_connection(io_host& host,
                         byte_stream stream,
                         websocket_settings_ptr settings,
                         std::string_view name,
                         std::string_view head,
                         std::optional<websocket::deflate_params> const& deflate,
                         std::unique_ptr<connection_ticket> ticket);

    /// Begins to read, first what came after the handshake. An event of its own.
    void start(transport_events& session, std::string_view after_handshake);

    /// Completes the handshake and closes without a code, for a client that wants it said so.
    void refuse();

    // -- transport
    carrier shape() const noexcept override { return carrier::duplex; }
    std::string_view name() const noexcept override { return name_; }
    /// Where each frame leaves as it is, by system calls for many pieces.
    bool gathers() const noexcept override { return !compression_ && stream().is_plain_socket(); }
    write_result write(std::span<frame* const> batch) override;
    void close(close_code code, std::string_view text) noexcept override;
    void abort() noexcept override;
    std::size_t pending_bytes() const noexcept override { return unsent_bytes(); }
    void pause_reading(bool pause) override;

    void on_shutdown() override;

private:
    enum class phase : std::uint8_t {
        open,
        closing,   ///< Our close frame is out or queued; the peer's is awaited.
        draining,  ///< The goodbye is complete; the peer's end is awaited.
    };
    /// What there is only where messages may be compressed.
    struct compression {
        websocket::deflate_params agreed{};
        std::unique_ptr<websocket::deflater> deflater{};
        websocket::compression_budget budget{};
        tick refilled = 0;  ///< Until then time has counted.
    };

    void on_bytes(char* data, std::size_t size) override;
    void on_end(bool orderly) override;
    void on_sent() override;
    void on_stalled() override;
    void on_deadline() override;

    void count_received(std::size_t bytes);
    void feed(char* at, char* end);
    void hold_back(std::string_view left);
    void go_on_later();
    void on_event(websocket::event const& e);
    void on_peer_close(websocket::event const& e);
    void on_broken(websocket::event const& e);
    void answer_ping(std::string_view data);
    void send_pongs();
    void send_close(close_code code, std::string_view text);
    void finish_goodbye();
    void tell_closed(close_event const& how);
    void send_head_if_alone();
    std::size_t write_after_head(std::span<frame* const> batch);
    std::size_t write_deflated(std::span<frame* const> batch);
    bool can_share(frame const& f) const noexcept;
    bool compresses(frame const& f) const noexcept;
    void append_frame(std::string& out, frame const& f);
    void append_deflated(std::string& out, frame const& f);

    websocket_settings_ptr settings_;
    transport_events* session_ = nullptr;
    char const* name_;
    websocket::message_reader reader_;
    frame_ptr head_;
    std::unique_ptr<compression> compression_{};
    std::unique_ptr<std::string> pongs_{};  // while the peer does not read, the latest only
    std::unique_ptr<std::string> held_{};   // bytes read that wait for their turn, or a resume
    phase phase_ = phase::open;
    bool peer_closed_ = false;
    bool paused_ = false;
    std::uint32_t drained_ = 0;
    std::uint32_t unspoken_ = 0;  // bytes since the last sign of life told
};

}  // namespace anywire

#pragma once

#include "client.hpp"

namespace bench {

/// A client over WebSocket, plain or with a dialect in its messages.
class websocket_client final : public client {
public:
    websocket_client(client_context& context, transport t, std::size_t index) noexcept
        : client(context, t, index), stream_(context.loop, *this) {}

    void open() override;
    void send(unsigned count) override;
    void leave() override;
    void abort() noexcept override;

private:
    struct frame {
        std::string_view payload{};
        std::size_t size = 0;  ///< With its header; 0: more has to come.
        unsigned op = 0;
        bool fin = false;
        bool rsv1 = false;
    };

    void on_connected(stream& s) override;
    void on_data(stream& s, std::string_view data) override;
    void on_lost(stream& s) override;
    void reply(std::string_view unit) override;

    static frame decode(std::string_view data) noexcept;
    /// The bytes used of a response that is there whole; 0 otherwise, -1 for a refusal.
    long take_response(std::string_view data);
    /// The bytes used; -1 when the connection is of no use any more.
    long take_frames(std::string_view data);
    bool take_frame(frame const& f);
    bool left();

    stream stream_;
    std::string tail_{};       // of an unfinished frame or response
    std::string fragments_{};  // of an unfinished message
    bool is_upgraded_ = false;
    bool leaves_ = false;
    bool compressed_ = false;
};

}  // namespace bench

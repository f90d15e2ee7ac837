#include <anywire/socketio_client.hpp>

#include "crowd.hpp"

#include <deque>
#include <string>
#include <utility>

namespace bench {
namespace {

namespace sio = anywire::socketio;

class socketio_crowd final : public crowd {
public:
    socketio_crowd(boost::asio::io_context& loop,
                   idle_kind const& kind,
                   std::uint16_t port,
                   std::size_t n)
        : crowd(loop, n),
          has_profile_(kind.has_profile),
          options_(all_options(port, kind.path)),
          profile_(options_) {}

private:
    static sio::client_options all_options(std::uint16_t port, char const* path) {
        sio::client_options o;
        o.engine = options_for(port, path);
        o.engine.transports = {"websocket"};
        o.url = o.engine.url;
        return o;
    }
    void add() override {
        if (has_profile_)
            clients_.emplace_back(context(), profile_);
        else
            clients_.emplace_back(context(), options_);
        auto& io = clients_.back();
        io.on_failure([this](anywire::client_failure const& why) { fail(why.text); });
        auto& socket = io.socket();
        socket.on("m", [this](std::string const&) { on_echo(); });
        socket.on("n", [](int) {});
        socket.on_connect([&socket] { socket.emit("m", "hello"); });
        socket.on_disconnect([this](sio::client_disconnect_reason why) {
            fail("a socket was disconnected: " + std::string(to_string(why)));
        });
        socket.connect();
    }

    bool has_profile_;
    sio::client_options options_;
    sio::client_profile profile_;
    std::deque<sio::client> clients_{};
};

}  // namespace

std::unique_ptr<crowd> make_socketio_crowd(boost::asio::io_context& loop,
                                           idle_kind const& kind,
                                           std::uint16_t port,
                                           std::size_t n) {
    return std::make_unique<socketio_crowd>(loop, kind, port, n);
}

}  // namespace bench

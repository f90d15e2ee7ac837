#pragma once

#include <anywire/socketio.hpp>
#include <anywire/test.hpp>

#include "support/socketio_client_fixture.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

// A Socket.IO client and a real server, without a network between them. What is on its way is lost
// when the connection is cut.
namespace anywire::test {

/// The client's connection: sessions of a `testing::host`, one after the other.
class host_wire final : public sio::client_wire {
public:
    host_wire(testing::host& at, bool all_binary) : host_(at), all_binary_(all_binary) {}

    void connect() override { is_wanted_ = true; }
    void close() override {
        is_wanted_ = false;
        if (connection_) connection_->close();
    }
    void give_up_session(close_reason, std::string_view) override {
        if (connection_) connection_->close();
    }
    result<void> send(std::span<message_view const> packet, bool) override {
        if (!connection_) return errc::session_closed;
        for (auto const& m : packet)
            if (!is_losing) connection_->send(m);
        return {};
    }
    bool is_writable() const noexcept override { return connection_.has_value(); }
    std::string_view transport() const noexcept override { return "websocket"; }
    std::string_view sid() const noexcept override { return {}; }

    /// One thing that happens: a session opens or ends, or a message comes. False when there is
    /// nothing.
    bool step(client_events& to) {
        if (!connection_) {
            if (!is_wanted_) return std::exchange(owes_end_, false) ? to.on_end(), true : false;
            connection_ = host_.connect("/socket.io/", testing::dialect::engineio);
            owes_end_ = true;
            to.on_open();
            return true;
        }
        for (auto& text : connection_->take()) coming_.push_back(std::move(text));
        if (!coming_.empty()) {
            auto const text = std::move(coming_.front());
            coming_.pop_front();
            to.on_message({text, is_binary(text)});
            return true;
        }
        if (connection_->is_open()) return false;
        lose(to, {close_reason::server_closed, close_code::normal, {}});
        return true;
    }
    /// The connection breaks.
    void cut(client_events& to) {
        is_losing = false;
        if (!connection_) return;
        connection_->cut();
        lose(to, {close_reason::transport_lost, close_code::abnormal, {}});
    }

    bool is_losing = false;  ///< What is sent does not arrive any more.

private:
    void lose(client_events& to, close_event const& how) {
        connection_.reset();
        coming_.clear();
        owed_ = 0;
        to.on_close(how);
    }
    bool is_binary(std::string_view text) {
        if (all_binary_) return true;
        if (owed_ != 0) return --owed_, true;
        if (text.starts_with('5') || text.starts_with('6'))
            owed_ = std::stoul(std::string(text.substr(1)));
        return false;
    }

    testing::host& host_;
    std::optional<testing::client> connection_{};
    std::deque<std::string> coming_{};
    std::size_t owed_ = 0;
    bool all_binary_;
    bool is_wanted_ = false;
    bool owes_end_ = false;
};

/// A client of a server of ours. `server` is set up before the first `settle`.
struct client_and_server {
    explicit client_and_server(sio::options of_server = {}, sio::client_options of_client = {})
        : server(std::move(of_server)),
          wire(host, of_client.parser != nullptr),
          core(std::make_shared<sio::manager_core>(
              loop, home, sio::check_options(std::move(of_client)))),
          io(core) {
        core->attach(wire);
    }
    ~client_and_server() {
        core->detach();
        home->posted.clear();
    }

    /// One thing that happens to the client.
    bool step() {
        if (!is_mounted_) host.mount("/socket.io/", server);
        is_mounted_ = true;
        home->run();
        auto const did = wire.step(*core);
        home->run();
        return did;
    }
    /// Lets happen what happens at once.
    void settle() {
        while (step()) continue;
        host.settle();
        while (step()) continue;
    }
    void pass(std::chrono::milliseconds by) {
        for (auto left = to_ticks(by); left != 0; --left) {
            host.advance(tick_length);
            loop.advance(loop.now() + 1);
            settle();
        }
    }
    void cut() {
        wire.cut(*core);
        host.settle();
    }

    testing::host host{};
    sio::server server;
    log_sink sink{};
    session_loop loop{0, 1000, sink, [](std::span<unsigned char> out) {
                          for (auto& b : out) b = 7;
                      }};
    std::shared_ptr<fake_home> home = std::make_shared<fake_home>();
    host_wire wire;
    std::shared_ptr<sio::manager_core> core;
    sio::manager io;

private:
    bool is_mounted_ = false;
};

}  // namespace anywire::test

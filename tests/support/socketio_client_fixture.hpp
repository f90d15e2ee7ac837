#pragma once

#include <anywire/socketio/client_async.hpp>
#include <anywire/socketio/json.hpp>
#include <anywire/socketio/manager.hpp>

#include "session/session_loop.hpp"
#include "socketio/client/manager_core.hpp"
#include "socketio/client/wire.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// A Socket.IO client without sockets or a clock: a connection that writes down what it is given,
// and time that is told.
namespace anywire::test {

namespace sio = anywire::socketio;
using strings = std::vector<std::string>;

/// Where a client runs: what was posted waits until it is run.
class fake_home final : public sio::client_home {
public:
    bool is_here() const noexcept override { return here; }
    void post(std::function<void()> fn) override { posted.push_back(std::move(fn)); }
    void run() {
        while (!posted.empty()) {
            auto const fn = std::move(posted.front());
            posted.pop_front();
            fn();
        }
    }
    bool here = true;  ///< The test is the client's thread.
    std::deque<std::function<void()>> posted{};
};

/// The connection, as a script leads it.
class fake_wire final : public sio::client_wire {
public:
    void connect() override { log.emplace_back("connect"); }
    void close() override { log.emplace_back("close"); }
    void give_up_session(close_reason why, std::string_view) override {
        log.push_back("give up: " + std::string(to_string(why)));
    }
    result<void> send(std::span<message_view const> packet, bool compress) override {
        if (is_full) return errc::send_queue_full;
        for (auto const& m : packet)
            log.push_back((m.binary ? "bytes " : "") + std::string(m.data) +
                          (compress ? "" : " plain"));
        return {};
    }
    bool is_writable() const noexcept override { return writable && !is_full; }
    std::string_view transport() const noexcept override { return name; }
    std::string_view sid() const noexcept override { return "engine"; }

    strings log{};
    bool is_full = false;
    bool writable = true;
    std::string name = "websocket";
};

/// A client on a scripted connection.
struct client_script {
    explicit client_script(sio::client_options o = {})
        : core(std::make_shared<sio::manager_core>(loop, home, sio::check_options(std::move(o)))),
          io(core) {
        core->attach(wire);
        sink.write = [this](log_level, std::string_view line) { lines.emplace_back(line); };
    }
    ~client_script() {
        core->detach();
        home->posted.clear();
    }

    // -- what happens to the connection
    void open() { core->on_open(); }
    void hear(std::string_view packet) {
        core->on_message(packet);
        home->run();
    }
    void hear_bytes(std::string_view bytes) {
        core->on_message({bytes, true});
        home->run();
    }
    void cut(close_reason why = close_reason::transport_lost) {
        core->on_close({why, close_code::abnormal, {}});
    }
    void pass(std::chrono::milliseconds by) {
        auto const until = loop.now() + to_ticks(by);
        while (loop.now() != until) loop.advance(loop.now() + 1);
    }
    /// What the connection was given since the last call.
    strings took() { return std::exchange(wire.log, {}); }
    /// Connects the main namespace and forgets what that took.
    sio::client_socket& joined(sio::client_socket_options o = {}) {
        auto& s = io.socket("/", std::move(o));
        s.connect();
        open();
        hear(R"(0{"sid":"one"})");
        (void)took();
        return s;
    }

    strings lines{};
    log_sink sink{};
    session_loop loop{0, 1000, sink, [](std::span<unsigned char> out) {
                          for (auto& b : out) b = 7;
                      }};
    std::shared_ptr<fake_home> home = std::make_shared<fake_home>();
    fake_wire wire{};
    std::shared_ptr<sio::manager_core> core;
    sio::manager io;
};

/// Writes down what a socket hears of its connection.
inline void note_all(sio::client_socket& s, strings& into) {
    s.on_connect(
        [&] { into.push_back("connect " + s.id() + (s.recovered() ? " recovered" : "")); });
    s.on_connect_error([&](sio::connect_error const& why) {
        into.push_back("error " + why.message +
                       (why.data ? " " + std::string(why.data->view().text()) : ""));
    });
    s.on_disconnect([&](sio::client_disconnect_reason why) {
        into.push_back("disconnect " + std::string(to_string(why)));
    });
}

}  // namespace anywire::test

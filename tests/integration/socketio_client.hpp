#pragma once

#include <anywire/server.hpp>
#include <anywire/socketio.hpp>

#include "integration/engineio_client.hpp"
#include "support/raw_client.hpp"
#include "support/running_server.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire::test {

namespace sio = anywire::socketio;

/// What a client has been told of a namespace it has joined.
struct joined {
    std::string sid{};
    std::string pid{};  ///< Empty where there is no recovery.
};

/// The string member of that name in a JSON text; empty when there is none.
inline std::string member(std::string_view json, std::string_view name) {
    auto const key = std::string("\"").append(name).append("\":\"");
    auto const at = json.find(key);
    if (at == json.npos) return {};
    auto const from = at + key.size();
    return std::string(json.substr(from, json.find('"', from) - from));
}

/// A Socket.IO client over one WebSocket, that shows the packets as they are on the wire.
class sio_client : public raw_client {
public:
    static constexpr std::string_view v4 = "/socket.io/?EIO=4&transport=websocket";
    static constexpr std::string_view v3 = "/socket.io/?EIO=3&transport=websocket";

    explicit sio_client(std::uint16_t port, std::string_view target = v4) : raw_client(port) {
        if (auto const r = upgrade(target); r.status != 101)
            throw std::runtime_error("not upgraded: " + r.head + r.body);
        open_packet = read_message();
        if (!open_packet.starts_with('0')) throw std::runtime_error("no open: " + open_packet);
    }

    /// Sends a Socket.IO packet.
    void packet(std::string_view text) { send_text(std::string("4").append(text)); }
    void attachment(std::string_view bytes) { send(client_frame(2, bytes)); }

    /// The next Socket.IO packet, or the bytes of an attachment; pings are answered.
    std::string next() {
        for (;;) {
            auto const f = read_frame();
            if (f.opcode == 8)
                throw std::runtime_error("closed with " + std::to_string(f.close_code()));
            if (f.opcode == 2) return f.payload;
            if (f.opcode != 1) continue;
            if (f.payload == "2") send_text("3");
            if (f.payload.starts_with('4')) return f.payload.substr(1);
        }
    }
    /// The next packet that begins so, whatever comes before it.
    std::string until(std::string_view start) {
        for (;;)
            if (auto p = next(); p.starts_with(start)) return p;
    }
    /// Joins a namespace, throws when it is refused. What comes before the answer is in `early`.
    joined join(std::string_view nsp = "/", std::string_view auth = {}) {
        auto const head = nsp == "/" ? std::string() : std::string(nsp) + ",";
        packet("0" + head + std::string(auth));
        early.clear();
        for (;;) {
            auto p = next();
            if (p.starts_with("0" + head)) return {member(p, "sid"), member(p, "pid")};
            if (p.starts_with('4')) throw std::runtime_error("refused: " + p);
            early.push_back(std::move(p));
        }
    }
    /// Everything up to the answer to an event that every test server's main namespace answers.
    std::vector<std::string> flush() {
        auto const mark = "3" + std::to_string(++flushes_ + 900'000);
        packet("2" + std::to_string(flushes_ + 900'000) + R"(["flush"])");
        std::vector<std::string> all;
        for (;;) {
            auto p = next();
            if (p == mark + "[]") return all;
            all.push_back(std::move(p));
        }
    }
    /// True when the server ends the connection, whatever comes before.
    bool is_closed() {
        try {
            for (;;) (void)next();
        } catch (std::runtime_error const& e) {
            auto const why = std::string_view(e.what());
            return why.starts_with("closed with") || why.starts_with("the connection ended");
        }
    }

    std::string open_packet{};
    std::vector<std::string> early{};

private:
    int flushes_ = 0;
};

/// A Socket.IO server on `/socket.io` of a server with so many threads. Its main namespace answers
/// "flush", and notes who comes and goes.
struct socketio_test_server {
    using set_up = std::function<void(sio::server const&, notes&)>;

    explicit socketio_test_server(unsigned threads, set_up const& app = {}, sio::options o = {})
        : socketio_test_server(on_free_port(threads), app, std::move(o)) {}
    socketio_test_server(server_options with, set_up const& app, sio::options o)
        : io(std::move(o)), server(with_log(std::move(with)), [&](anywire::server& at) {
              io.on("flush", [](sio::ack<> done) { done(); });
              io.on_connection([this](sio::socket& s) { watch(s); });
              if (app) app(io, seen);
              at.mount("/socket.io/", io);
          }) {}

    void watch(sio::socket& s) {
        seen.add("connection " + s.nsp_name());
        s.on_disconnect([this, &s](sio::disconnect_reason why) {
            seen.add("disconnect " + s.nsp_name() + " " + std::string(to_string(why)));
        });
    }
    std::uint16_t port() const { return server.port(); }
    bool is_empty() const {
        return eventually([&] { return io.connection_count() == 0 && io.socket_count() == 0; });
    }
    /// Runs `f` with the socket, on its shard, and returns when it has.
    bool with(std::string const& id, std::function<void(sio::socket&)> f) {
        auto const mark = "with " + id + " " + std::to_string(++calls_);
        io.post(id, [this, mark, f = std::move(f)](sio::socket& s) {
            f(s);
            seen.add(mark);
        });
        return seen.wait_for(mark);
    }

    notes seen{};
    notes log{};
    sio::server io;
    running_server server;

private:
    server_options with_log(server_options o) {
        o.log.level = log_level::info;
        o.log.write = [this](log_level, std::string_view line) { log.add(std::string(line)); };
        return o;
    }
    int calls_ = 0;
};

}  // namespace anywire::test

// anywire-bench-server: every dialect on one port, as a user would write it. A message that begins
// with "b" goes to all clients of its mount, any other back to its sender.
#include <anywire/server.hpp>
#include <anywire/socketio.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

namespace {

using anywire::endpoint;
using anywire::handlers;
using anywire::message_view;
using anywire::session;

struct settings {
    anywire::server_options server{.port = 0};
    bool deflate = false;
    std::chrono::milliseconds ping_interval{25'000};
};

settings parse(int argc, char** argv) {
    settings s;
    for (int i = 1; i < argc; ++i) {
        std::string_view const flag = argv[i];
        if (flag == "--threads" && i + 1 < argc) {
            s.server.threads = static_cast<unsigned>(std::atoi(argv[++i]));
        } else if (flag == "--tls" && i + 2 < argc) {
            s.server.tls = {argv[i + 1], argv[i + 2]};
            i += 2;
        } else if (flag == "--deflate") {
            s.deflate = true;
        } else if (flag == "--ping-interval" && i + 1 < argc) {
            s.ping_interval = std::chrono::milliseconds(std::atoi(argv[++i]));
        } else {
            throw std::invalid_argument("unknown option " + std::string(flag));
        }
    }
    return s;
}

template <class Options>
void mount(anywire::server& server, char const* path, Options const& options) {
    auto const all = std::make_shared<endpoint>();
    *all = server.mount(path, options, {.on_message = [all](session& s, message_view m) {
                            if (m.data.starts_with('b'))
                                all->broadcast(m);
                            else
                                s.send(m);
                        }});
}

void mount_all(anywire::server& server, settings const& s) {
    // Room for the messages of 1 MiB.
    anywire::session_limits const limits{.max_message = 4u << 20, .max_queued_bytes = 16u << 20};
    mount(
        server,
        "/ws",
        anywire::websocket_options{
            .limits = limits, .deflate = {.enabled = s.deflate}, .ping_interval = s.ping_interval});
    mount(server,
          "/sockjs",
          anywire::sockjs_options{
              .limits = limits, .heartbeat = s.ping_interval, .deflate = {.enabled = s.deflate}});
    anywire::engineio_options const engine{
        .limits = limits, .ping_interval = s.ping_interval, .deflate = {.enabled = s.deflate}};
    mount(server, "/engine.io/", engine);
    anywire::socketio::server const io({.engine = engine});
    io.on("m", [io](anywire::socketio::socket& from, std::string text) {
        if (text.starts_with('b'))
            io.emit("m", text);
        else
            from.emit("m", text);
    });
    server.mount("/socket.io/", io);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        auto const s = parse(argc, argv);
        anywire::server server(s.server);
        mount_all(server, s);
        std::printf("listening on 127.0.0.1:%u\n", static_cast<unsigned>(server.port()));
        std::fflush(stdout);
        server.run();
    } catch (std::exception const& e) {
        std::fprintf(stderr, "anywire-bench-server: %s\n", e.what());
        return 2;
    }
}

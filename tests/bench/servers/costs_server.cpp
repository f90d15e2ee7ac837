// anywire-bench-costs-server: everything that a client can reach, with the bounds that are the
// default, for the shapes in ../costs. What it is sent goes back to the sender.
#include <anywire/server.hpp>
#include <anywire/socketio.hpp>
#include <anywire/stomp.hpp>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <malloc.h>
#include <string>
#include <thread>

namespace {

using namespace std::chrono_literals;
using namespace anywire;

handlers echo() {
    return {.on_message = [](session& s, message_view m) { s.send(m); }};
}

void mount_sessions(server& where) {
    // Heartbeats and delays are short: the rig waits for what abandoned sessions give back.
    where.mount("/ws", websocket_options{}, echo());
    where.mount("/deflated", websocket_options{.deflate = {.enabled = true}}, echo());
    where.mount("/inflated",
                websocket_options{.deflate = {.enabled = true}},
                {.on_message = [](session&, message_view) {}});
    where.mount("/groups", websocket_options{}, {.on_message = [](session& s, message_view m) {
                    if (m.data.starts_with('-')) return s.leave(m.data.substr(1));
                    s.join(m.data);
                }});
    where.mount("/sockjs",
                sockjs_options{.htmlfile = true,
                               .jsonp = true,
                               .sockjs_url = "/sockjs.js",
                               .cookie = true,
                               .heartbeat = 3s,
                               .heartbeat_timeout = 2s,
                               .disconnect_delay = 1s},
                echo());
    where.mount("/engine.io/",
                engineio_options{.eio3 = true,
                                 .jsonp = true,
                                 .ping_interval = 3s,
                                 .ping_timeout = 2s,
                                 .upgrade_timeout = 2s},
                echo());
}

void mount_socketio(server& where, std::string path, bool recovers) {
    using namespace anywire::socketio;
    anywire::socketio::server const io(
        {.engine = {.eio3 = true, .ping_interval = 3s, .ping_timeout = 2s, .upgrade_timeout = 2s},
         .connect_timeout = 4s,
         .recovery = {.enabled = recovers, .max_disconnection = 3s}});
    io.on("m", [](socket& from, arguments all) { from.emit("m", all); });
    io.on("ack", [](socket&, arguments all, ack<arguments> done) { done(all); });
    io.on("text", [](socket& from, std::string text) { from.emit("text", text); });
    io.on("join", [](socket& from, std::string room) { from.join(room); });
    io.on("leave", [](socket& from, std::string room) { from.leave(room); });
    (void)io.of("/known");
    (void)io.of([](std::string_view name, json_view) { return name.starts_with("/dynamic"); });
    where.mount(std::move(path), io);
}

void mount_stomp(server& where) {
    stomp::server broker({.patterns = true});
    for (auto const* const all : {"/topic/**", "/queue/**", "/user/**"}) broker.allow_send(all);
    broker.on_connect([](stomp::connect const& c, stomp::admission in) {
        in.accept({.user = std::string(c.login())});
    });
    broker.on_message("/app/echo", [](std::string text) { return text; });
    broker.on_subscribe("/app/state", [] { return "state"; });
    where.mount("/stomp", websocket_options{}, broker);
}

/// At SIGUSR2 the allocator gives back what is free: what stays is what the server holds.
void trim_when_asked() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::thread([set] {
        for (int which = 0; sigwait(&set, &which) == 0;) malloc_trim(0);
    }).detach();  // it ends with the process
}

}  // namespace

int main(int argc, char** argv) {
    try {
        trim_when_asked();
        auto const says = argc > 1 && std::strcmp(argv[1], "--log") == 0;
        server_options options{
            .port = 0, .limits = {.header = 16'384}, .trusted_proxies = {"127.0.0.0/8"}};
        // Lines are made in any case: they are a part of the price.
        options.log.write = [says](log_level, std::string_view line) {
            if (says) std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
        };
        server all(options);
        mount_sessions(all);
        mount_socketio(all, "/socket.io/", false);
        mount_socketio(all, "/recovering/", true);
        mount_stomp(all);
        std::printf("listening on 127.0.0.1:%u\n", static_cast<unsigned>(all.port()));
        std::fflush(stdout);
        all.run();
    } catch (std::exception const& e) {
        std::fprintf(stderr, "anywire-bench-costs-server: %s\n", e.what());
        return 2;
    }
}

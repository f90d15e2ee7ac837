// anywire-conformance: what public conformance suites and the JavaScript clients' own suites expect
// of a server. A plain user of the public API.
#include "conformance.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <pthread.h>
#include <thread>

namespace {

using namespace std::chrono_literals;

void mount(anywire::server& server, conformance::command_line const& a) {
    if (a.profile == "engine.io-client") return conformance::mount_engineio_client(server, a);
    if (a.profile == "socket.io-client") return conformance::mount_socketio_client(server, a);
    conformance::mount_sockjs(server, a);
    conformance::mount_websocket(server, a);
    conformance::mount_engineio(server, a);
    conformance::mount_shared(server, a);
    conformance::mount_socketio(server, a);
    conformance::mount_routes(server);
}

/// The next signal but SIGHUP, which has the certificates read again.
void wait_for_end(anywire::server& server, sigset_t const& signals) {
    for (;;) {
        int which = 0;
        sigwait(&signals, &which);
        if (which != SIGHUP) return;
        auto const wrong = server.reload_certificates();
        std::printf("reloaded: %s\n", wrong.empty() ? "good" : wrong.c_str());
        std::fflush(stdout);
    }
}

/// SIGTERM and SIGINT drain; a second one ends at once.
void wait_for_signals(anywire::server& server, sigset_t const& signals) {
    wait_for_end(server, signals);
    server.drain(10s);
    wait_for_end(server, signals);
    server.stop();
}

void serve(conformance::command_line a) {
    if (a.log)
        a.server.log = {.level = anywire::log_level::debug,
                        .write = [](anywire::log_level, std::string_view line) {
                            std::fprintf(
                                stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
                        }};
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // inherited by the shards' threads

    anywire::server server(a.server);
    mount(server, a);
    if (!a.static_folder.empty()) server.serve_files("/static", a.static_folder);
    if (!a.health.empty()) {
        server.mount_health(a.health);
        server.mount_metrics("/metrics");
    }

    for (std::size_t i = 1; i <= a.server.listeners.size(); ++i)
        std::printf("also on %s\n", server.url(i).c_str());
    std::printf("listening on %s\n", server.url().c_str());
    std::fflush(stdout);

    std::thread waiting([&] { wait_for_signals(server, signals); });
    server.run();
    // The thread still waits for a second signal; the process ends without it.
    waiting.detach();
    std::fflush(stdout);
    std::_Exit(0);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        auto const a = conformance::parse({argc, argv});
        if (!a) {
            std::fputs(conformance::usage.data(), stdout);
            return 0;
        }
        serve(*a);
    } catch (std::exception const& e) {
        std::fprintf(stderr, "anywire-conformance: %s\n", e.what());
        return 2;
    }
}

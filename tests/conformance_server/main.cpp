// anywire-conformance: what public conformance suites and the JavaScript clients' own suites expect
// of a server. A plain user of the public API.
#include <anywire/cluster.hpp>
#include <anywire/folder_registry.hpp>

#include "conformance.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <pthread.h>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;

/// What has to be kept while they serve.
std::shared_ptr<void> mount(anywire::server& server, conformance::command_line const& a) {
    if (a.profile == "stomp") return conformance::mount_stomp(server, a);
    if (a.profile == "engine.io-client")
        return conformance::mount_engineio_client(server, a), nullptr;
    if (a.profile == "socket.io-client")
        return conformance::mount_socketio_client(server, a), nullptr;
    conformance::mount_sockjs(server, a);
    conformance::mount_websocket(server, a);
    conformance::mount_engineio(server, a);
    conformance::mount_shared(server, a);
    conformance::mount_socketio(server, a);
    conformance::mount_routes(server);
    return nullptr;
}

/// One server, or several that are the nodes of a cluster.
class servers {
public:
    explicit servers(conformance::command_line const& a)
        : registry_(a.folder.empty() ? anywire::make_memory_registry()
                                     : anywire::make_folder_registry({.folder = a.folder})) {
        for (unsigned i = 0; i < a.nodes; ++i) {
            all_.push_back(std::make_unique<anywire::server>(a.server));
            if (a.nodes > 1 || !a.folder.empty())
                nodes_.push_back(std::make_unique<anywire::cluster_node>(
                    *all_.back(),
                    anywire::cluster_options{.registry = registry_,
                                             .secret = "of conformance servers"}));
            kept_.push_back(mount(*all_.back(), a));
        }
    }

    anywire::server& first() noexcept { return *all_.front(); }
    void run() {
        std::vector<std::thread> others;
        for (std::size_t i = 1; i < all_.size(); ++i)
            others.emplace_back([&s = *all_[i]] { s.run(); });
        first().run();
        for (auto& t : others) t.join();
    }
    void drain(std::chrono::milliseconds deadline) {
        for (auto const& s : all_) s->drain(deadline);
    }
    void stop() {
        for (auto const& s : all_) s->stop();
    }
    void print_others() const {
        for (std::size_t i = 1; i < all_.size(); ++i)
            std::printf("also on %s\n", all_[i]->url().c_str());
    }

private:
    std::shared_ptr<anywire::session_registry> registry_;
    std::vector<std::unique_ptr<anywire::server>> all_{};
    std::vector<std::unique_ptr<anywire::cluster_node>> nodes_{};
    std::vector<std::shared_ptr<void>> kept_{};
};

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
void wait_for_signals(servers& all, sigset_t const& signals) {
    wait_for_end(all.first(), signals);
    all.drain(10s);
    wait_for_end(all.first(), signals);
    all.stop();
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

    servers all(a);
    auto& server = all.first();
    if (!a.static_folder.empty()) server.serve_files("/static", a.static_folder);
    if (!a.health.empty()) {
        server.mount_health(a.health);
        server.mount_metrics("/metrics");
    }

    for (std::size_t i = 1; i <= a.server.listeners.size(); ++i)
        std::printf("also on %s\n", server.url(i).c_str());
    all.print_others();
    std::printf("listening on %s\n", server.url().c_str());
    std::fflush(stdout);

    std::thread waiting([&] { wait_for_signals(all, signals); });
    all.run();
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

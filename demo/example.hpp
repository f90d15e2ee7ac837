// What the example programs share: the command line, the log, Ctrl-C.
#pragma once

#include <anywire/server.hpp>

#include "flag_reader.hpp"

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <pthread.h>
#include <string>
#include <string_view>
#include <thread>

namespace example {

constexpr char usage[] =
    "  --port N      port (8080); 0 picks a free one\n"
    "  --threads N   threads; 0 is one per core (1)\n"
    "  --folder DIR  the demo folder, where the pages are (demo)\n"
    "  --help        this text\n";

struct arguments {
    anywire::server_options server{};
    std::string folder = "demo";
};

inline arguments parse(demo::flag_reader flags) {
    arguments a;
    while (flags.next()) {
        if (flags.is("--port"))
            a.server.port = flags.number<std::uint16_t>();
        else if (flags.is("--threads"))
            a.server.threads = flags.number<unsigned>();
        else if (flags.is("--folder"))
            a.folder = flags.value();
        else
            flags.refuse();
    }
    a.server.log = {.level = anywire::log_level::info,
                    .write = [](anywire::log_level, std::string_view line) {
                        std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
                    }};
    return a;
}

inline sigset_t ctrl_c() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    return signals;
}

/// Serves until Ctrl-C, which gives every client its goodbye; a second one does not wait for them.
[[noreturn]] inline void serve(anywire::server& server) {
    std::printf("listening on %s\n", server.url().c_str());
    std::thread([&server, signals = ctrl_c()] {
        int which = 0;
        sigwait(&signals, &which);
        server.drain(std::chrono::seconds(3));
        sigwait(&signals, &which);
        server.stop();
    }).detach();
    server.run();
    std::_Exit(0);  // the thread above may still wait for a second signal
}

/// `main`, but for what the program does.
inline int main(int argc, char** argv, void (*program)(arguments const&)) {
    try {
        if (argc == 2 && argv[1] == std::string_view("--help"))
            return std::printf("usage: %s [options]\n\n%s", argv[0], usage) < 0;
        auto const signals = ctrl_c();
        std::setvbuf(stdout, nullptr, _IOLBF, 0);       // also where it is no terminal
        pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // inherited by the server's threads
        program(parse({argc, argv}));
    } catch (std::exception const& e) {
        std::fprintf(stderr, "%s: %s\n", argv[0], e.what());
        return 2;
    }
    return 0;
}

}  // namespace example

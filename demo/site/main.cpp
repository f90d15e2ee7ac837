// anywire-demo: every transport side by side, what breaks them, and a chat across dialects.
#include "arguments.hpp"
#include "front.hpp"
#include "process_view.hpp"

#include <csignal>
#include <cstdio>
#include <exception>
#include <pthread.h>
#include <thread>

namespace {

void serve(demo::arguments const& a) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // inherited by all threads

    demo::site site(a);
    std::printf("The demo is at %s/  (Ctrl-C stops it)\n",
                anywire::url_of(a.address, site.port(), a.tls).c_str());
    if (a.tls && a.certificate.empty())
        std::printf(
            "Its certificate was made just now: the browser will ask whether to trust it.\n");
    std::fflush(stdout);

    std::thread waiting([&] {
        int which = 0;
        sigwait(&signals, &which);
        site.stop();
    });
    demo::name_threads("page");
    site.run();
    waiting.join();
}

}  // namespace

int main(int argc, char** argv) {
    try {
        auto const a = demo::parse({argc, argv});
        if (!a) {
            std::fputs(demo::usage, stdout);
            return 0;
        }
        serve(*a);
        return 0;
    } catch (std::exception const& e) {
        std::fprintf(stderr, "anywire-demo: %s\n", e.what());
        return 2;
    }
}

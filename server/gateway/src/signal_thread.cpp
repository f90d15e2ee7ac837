#include "signal_thread.hpp"

#include <csignal>
#include <utility>

namespace anywire::gateway {
namespace {

/// Ends the thread itself.
constexpr int end_signal = SIGUSR2;

sigset_t heard_signals() noexcept {
    sigset_t all;
    ::sigemptyset(&all);
    for (auto const s : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, end_signal}) ::sigaddset(&all, s);
    return all;
}

}  // namespace

void block_signals() {
    auto const all = heard_signals();
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    // A program that has closed its input is an error of its link, not the end of the process.
    std::signal(SIGPIPE, SIG_IGN);  // NOLINT: nothing runs yet
}

signal_thread::signal_thread(std::function<void(int)> on) : on_(std::move(on)) {
    thread_ = std::thread([this] {
        auto const all = heard_signals();
        for (;;) {
            int signal = 0;
            if (::sigwait(&all, &signal) != 0) continue;
            if (signal != end_signal) on_(signal);
            if (is_over_) return;
        }
    });
}

signal_thread::~signal_thread() {
    is_over_ = true;
    ::pthread_kill(thread_.native_handle(), end_signal);
    thread_.join();
}

}  // namespace anywire::gateway

#pragma once

#include <atomic>
#include <functional>
#include <thread>

namespace anywire::gateway {

/// Blocks SIGINT, SIGTERM, SIGHUP and SIGUSR1 for the calling thread and those it makes: they wait
/// for a `signal_thread`. To be called before there is another thread.
void block_signals();

/// Waits for the signals that tell the gateway what to do, on a thread of its own, one at a time,
/// and calls `on(signal)` for each until it is destroyed: so before what that uses.
class signal_thread {
public:
    explicit signal_thread(std::function<void(int)> on);
    signal_thread(signal_thread const&) = delete;
    signal_thread& operator=(signal_thread const&) = delete;
    ~signal_thread();

private:
    std::function<void(int)> on_;
    std::atomic<bool> is_over_{false};
    std::thread thread_{};
};

}  // namespace anywire::gateway

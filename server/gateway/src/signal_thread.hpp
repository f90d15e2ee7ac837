#pragma once

#include <atomic>
#include <functional>
#include <thread>

namespace anywire::gateway {

/// Waits for the signals that tell the gateway what to do, on a thread of its own, one at a time.
///
/// Thread: made before all others, so that they inherit what is blocked. Signals that come before
///         `listen` wait.
class signal_thread {
public:
    /// Blocks SIGINT, SIGTERM, SIGHUP and SIGUSR1 for the calling thread and those it makes.
    signal_thread();
    signal_thread(signal_thread const&) = delete;
    signal_thread& operator=(signal_thread const&) = delete;
    ~signal_thread();

    /// Calls `on(signal)` for each from now on.
    void listen(std::function<void(int)> on);

private:
    std::function<void(int)> on_{};
    std::atomic<bool> is_over_{false};
    std::thread thread_{};
};

}  // namespace anywire::gateway

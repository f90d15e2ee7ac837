#pragma once

#include <anywire/server.hpp>

#include "census.hpp"
#include "mounts.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace demo {

struct lab_options {
    unsigned threads = 1;
    anywire::tls_options tls{};
    anywire::log_sink log{};
};

/// The server that the page measures and that the fault proxy stands before: an echo for every way
/// to connect, and the chat. It can be restarted.
///
/// Thread: any, for every function.
class lab {
public:
    /// Throws: as `anywire::server`.
    explicit lab(lab_options o);
    ~lab();
    lab(lab const&) = delete;
    lab& operator=(lab const&) = delete;

    /// Where it listens, on loopback.
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] bool is_up() const noexcept { return up_; }
    /// Stops the server, drops all it knows, and starts another one `down` later. Returns at once;
    /// does nothing while it is at it.
    void restart(std::chrono::milliseconds down);

    [[nodiscard]] census const& counts() const noexcept { return *counts_; }

private:
    void start();
    bool try_start() noexcept;
    void stop();

    lab_options options_;
    std::shared_ptr<census> counts_ = std::make_shared<census>();
    std::shared_ptr<std::atomic<std::uint64_t>> tick_ =
        std::make_shared<std::atomic<std::uint64_t>>(0);
    std::unique_ptr<anywire::server> server_{};
    lab_mounts mounts_{};
    std::thread runner_{};
    std::atomic<std::uint16_t> port_{0};
    std::atomic<bool> up_{false};

    std::mutex mutex_{};
    std::condition_variable ending_{};
    bool is_ending_ = false;
    bool is_restarting_ = false;
    std::thread restarter_{};
};

}  // namespace demo

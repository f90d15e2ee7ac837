#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <limits>

namespace anywire {

/// The bound over what waits in the queues of all sessions of a server.
///
/// Loops add what is theirs in steps, so that no message pays for it. The loop that finds the
/// bound passed asks `relieve` once; who set that has every loop call `session_loop::relieve`, and
/// then clears `asked`.
/// Thread: any.
struct queue_budget {
    std::atomic<std::size_t> most{std::numeric_limits<std::size_t>::max()};
    std::function<void()> relieve{};
    std::atomic<std::size_t> queued{0};
    std::atomic<bool> asked{false};

    bool is_over() const noexcept {
        return queued.load(std::memory_order_relaxed) > most.load(std::memory_order_relaxed);
    }
};

}  // namespace anywire

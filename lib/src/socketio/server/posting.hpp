#pragma once

#include <anywire/socketio/socket.hpp>

#include "io_core.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

namespace anywire::socketio {

/// A function on its way to a socket. Every shard that may have the socket owns it, then the
/// socket: where all have let go and it was not called, whoever has posted it is told.
///
/// Thread: any.
class posting {
public:
    posting(std::shared_ptr<io_core> io,
            std::function<void(socket&)> fn,
            std::function<void()> lost) noexcept
        : io_(std::move(io)), fn_(std::move(fn)), lost_(std::move(lost)) {}
    posting(posting const&) = delete;
    posting& operator=(posting const&) = delete;
    ~posting() {
        if (!lost_ || has_arrived_) return;
        try {
            // Never within what has let go of it, which may be a socket's own end.
            io_->tell(0, std::move(lost_));
        } catch (...) {  // no memory to say so
        }
    }

    /// On the socket's shard.
    void arrive(socket& s) {
        has_arrived_ = true;
        fn_(s);
    }

private:
    std::shared_ptr<io_core> io_;
    std::function<void(socket&)> fn_;
    std::function<void()> lost_;
    std::atomic<bool> has_arrived_{false};
};

}  // namespace anywire::socketio

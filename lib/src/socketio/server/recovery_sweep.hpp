#pragma once

#include "core/timer_wheel.hpp"

namespace anywire {
class session_loop;
}

namespace anywire::socketio {

class io_core;

/// Has the namespaces of a server forget those who come too late, and what was kept for them, when
/// nothing happens that would: twice in `recovery_options::max_disconnection`, once a second at
/// most.
///
/// Thread: the shard's.
class recovery_sweep final : public timer_node {
public:
    /// Borrow: `io` and `loop` must outlive it.
    recovery_sweep(io_core& io, session_loop& loop) noexcept;
    void on_timer(tick now) override;

private:
    io_core& io_;
    session_loop& loop_;
    tick period_;
};

}  // namespace anywire::socketio

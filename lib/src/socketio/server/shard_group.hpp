#pragma once

#include "session/session_loop.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>

namespace anywire::socketio {

/// The shards that a Socket.IO server's sockets live on, and the clocks there.
///
/// Thread: any, but for `count` and `loop`, which are asked before the shards run.
class shard_group {
public:
    static constexpr std::size_t nowhere = static_cast<std::size_t>(-1);

    virtual ~shard_group() = default;
    virtual std::size_t count() const noexcept = 0;
    /// Runs `fn` on a shard's thread, never at once. False once the shards are going: it is
    /// dropped.
    virtual bool post(std::size_t shard, std::function<void()> fn) = 0;
    /// False once a shard has ended: it does nothing any more.
    virtual bool runs(std::size_t shard) const noexcept = 0;
    virtual session_loop& loop(std::size_t shard) = 0;
    /// The time of day, and a time that only goes on; in milliseconds. Thread: any.
    virtual std::int64_t time_of_day() const noexcept = 0;
    virtual std::int64_t steady_time() const noexcept = 0;
};

}  // namespace anywire::socketio

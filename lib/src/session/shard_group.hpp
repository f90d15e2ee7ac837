#pragma once

#include "session/session_loop.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>

namespace anywire {

class shard_host;

/// The shards that the sessions of an endpoint live on, or the sockets of a Socket.IO server, and
/// the clocks there. It may be used when they have gone.
///
/// Thread: any, but for `loop` and `host`, which are asked before the shards run.
class shard_group {
public:
    static constexpr std::size_t nowhere = static_cast<std::size_t>(-1);

    virtual ~shard_group() = default;
    /// Constant.
    virtual std::size_t count() const noexcept = 0;
    /// Whether the calling thread is in that shard now.
    virtual bool is_here(std::size_t shard) const noexcept = 0;
    /// Runs `fn` on a shard's thread, never at once. False once the shards are going: it is
    /// dropped.
    virtual bool post(std::size_t shard, std::function<void()> fn) = 0;
    /// False once a shard has ended: it does nothing any more.
    virtual bool runs(std::size_t shard) const noexcept = 0;
    /// True once requests are served: nothing is set up any more.
    virtual bool has_begun() const noexcept = 0;
    virtual session_loop& loop(std::size_t shard) = 0;
    /// What that shard runs on, for those who have sockets of their own there.
    virtual shard_host& host(std::size_t shard) = 0;
    /// The time of day, and a time that only goes on; in milliseconds.
    virtual std::int64_t time_of_day() const noexcept = 0;
    virtual std::int64_t steady_time() const noexcept = 0;
};

}  // namespace anywire

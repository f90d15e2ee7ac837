#pragma once

#include "hub/gathering.hpp"
#include "io_core.hpp"

#include <cstddef>
#include <functional>
#include <utility>

namespace anywire::socketio {

/// Gathers what comes from the shards of a Socket.IO server, and tells it on the one that asks, or
/// on the first if another thread does.
///
/// Thread: any.
template <class Value>
class gathering : public hub::gathering<Value> {
    using base = hub::gathering<Value>;

public:
    gathering(io_core& io, std::size_t parts, typename base::then_fn then)
        : base(
              [io = io.shared_from_this(), from = io.here()](std::function<void()> fn) {
                  io->tell(from == shard_group::nowhere ? 0 : from, std::move(fn));
              },
              parts,
              std::move(then)) {}
};

}  // namespace anywire::socketio

#include "recovery_sweep.hpp"

#include "io_core.hpp"
#include "nsp_core.hpp"
#include "session/session_loop.hpp"

#include <algorithm>

namespace anywire::socketio {

recovery_sweep::recovery_sweep(io_core& io, session_loop& loop) noexcept
    : io_(io),
      loop_(loop),
      period_(to_ticks(
          std::max(io.opts().recovery.max_disconnection / 2, std::chrono::milliseconds{1'000}))) {
    loop_.wheel().arm(*this, loop_.now() + period_);
}

void recovery_sweep::on_timer(tick now) {
    loop_.wheel().arm(*this, now + period_);
    io_shard::entry const here(io_.shard(0));
    for (auto const& n : io_.namespaces()) n->forget_expired();
}

}  // namespace anywire::socketio

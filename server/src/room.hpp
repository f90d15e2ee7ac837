#pragma once

#include <anywire/refusal_cause.hpp>

#include "core/fault.hpp"

#include <string_view>

namespace anywire {

class endpoint_core;
class shard;

/// Why something new is not let in.
struct no_room {
    fault what;
    std::string_view text;   ///< For the client.
    std::string_view limit;  ///< For the log: what is full, by the name of its option.
    refusal_cause cause;     ///< For metrics.
};

/// Null while the shard does not drain.
no_room const* find_draining(shard& here) noexcept;

/// Null when another session fits in among those of `sessions`' mount and of all mounts. `address`
/// is the client's.
no_room const* find_no_room(shard& here, endpoint_core const& sessions, std::string_view address);

/// Null when it is not too soon for another handshake of that client, which is counted then.
no_room const* find_too_soon(shard& here, std::string_view address);

/// Null when another request may wait for its answer.
no_room const* find_no_parking(shard& here) noexcept;

}  // namespace anywire

#pragma once

#include "core/log_throttle.hpp"
#include "engineio/handshake.hpp"
#include "router.hpp"

#include <string_view>

namespace anywire {

/// Tells operators why a client could not talk to a mount; a line a second of each kind.
///
/// Thread: any.
class engineio_notices {
public:
    void note(incoming const& in, engineio::refusal why, std::string_view prefix);

private:
    log_throttle versions_{};
    log_throttle transports_{};
};

}  // namespace anywire

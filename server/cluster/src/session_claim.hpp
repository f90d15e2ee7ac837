#pragma once

#include "core/timer_wheel.hpp"

#include <memory>
#include <string>

namespace anywire {
class shard;
}

namespace anywire::relay {

class cluster_core;
class relay_shard;

/// Has the registry know that a session is here, for as long as this is there.
///
/// Thread: the shard's.
class session_claim final : public timer_node {
public:
    /// Requires: the registry was just told.
    session_claim(relay_shard& at, std::shared_ptr<cluster_core> core, std::string key);
    ~session_claim();
    session_claim(session_claim const&) = delete;
    session_claim& operator=(session_claim const&) = delete;

    void on_timer(tick now) override;

private:
    void wait(tick now);

    relay_shard& at_;
    std::shared_ptr<cluster_core> core_;
    std::string key_;
    tick until_ = 0;
};

}  // namespace anywire::relay

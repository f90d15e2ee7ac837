#pragma once

#include <anywire/session_registry.hpp>

#include "cluster_core.hpp"
#include "core/timer_wheel.hpp"
#include "errand.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace anywire {
class shard;
}

namespace anywire::relay {

/// Tells the registry that this node lives, and asks which others do: at every heartbeat, and when
/// a session is asked for whose node is not known.
///
/// Limits: one question at a time, and ten a second.
/// Thread: the first shard's.
class membership final : public timer_node,
                         public errand,
                         public std::enable_shared_from_this<membership> {
public:
    membership(shard& first, cluster_core& core) noexcept : here_(first), core_(core) {}
    membership(membership const&) = delete;
    membership& operator=(membership const&) = delete;

    void begin();
    /// Asks soon.
    void refresh();

    void on_timer(tick now) override;
    void on_teardown() noexcept override { disarm(); }

private:
    void announce();
    void ask();
    void on_announced(error_code ec);
    void on_listed(error_code ec, std::vector<registered_node> all);
    /// Has `fn` run here, if this is still there then. Thread: any.
    template <class... Values>
    std::function<void(Values...)> back(void (membership::*to)(Values...));
    void wait();

    shard& here_;
    cluster_core& core_;
    node_table known_{};
    tick next_beat_ = 0;
    tick next_ask_ = 0;
    bool is_wanted_ = false;  // an answer, as soon as it may be asked for
    bool is_asking_ = false;
};

}  // namespace anywire::relay

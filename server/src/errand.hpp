#pragma once

#include "drain_turn.hpp"

#include <boost/unordered/unordered_flat_set.hpp>

#include <memory>
#include <utility>

namespace anywire {

/// Something under way on a shard that nobody else owns: the shard keeps it until it is done, or
/// until the shard ends.
class errand {
public:
    virtual ~errand() = default;
    /// The shard drains: each turn of it, until it ends.
    virtual void on_drain(drain_turn const&) {}
    /// The shard is going: nothing of it may be touched after this.
    virtual void on_teardown() noexcept {}
};

/// The errands of one shard.
///
/// Thread: the shard's.
class errand_list {
public:
    void keep(std::shared_ptr<errand> e) { all_.insert(std::move(e)); }
    void release(std::shared_ptr<errand> const& e) noexcept { all_.erase(e); }
    /// Requires: none of them begins or releases one then.
    void drain(drain_turn const& turn) {
        for (auto const& e : all_) e->on_drain(turn);
    }
    void tear_down() noexcept {
        for (auto const& e : std::exchange(all_, {})) e->on_teardown();
    }

private:
    boost::unordered_flat_set<std::shared_ptr<errand>> all_{};
};

}  // namespace anywire

#pragma once

#include "core/keyed_hash.hpp"

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>

namespace anywire::hub {

/// Counts the members of rooms over all shards, for those who want to hear when a room comes to be
/// and when it is gone.
///
/// Thread: any.
class room_census {
public:
    explicit room_census(siphash_key const& key) : sizes_(0, keyed_hash{key}) {}

    /// A member has come or gone. True when the room comes to be by that, or is gone.
    bool count(std::string const& room, bool came) {
        std::scoped_lock const lock(mutex_);
        auto const found = sizes_.try_emplace(room, 0).first;
        auto& n = found->second;
        auto const is_edge = n == (came ? 0u : 1u);
        if (came)
            ++n;
        else if (n != 0)  // else it was joined when nobody listened
            --n;
        if (n == 0) {
            sizes_.erase(found);
            shrink_sparse(sizes_);
        }
        return is_edge;
    }
    /// Whether a room has members, of those that were counted.
    bool has(std::string_view room) const {
        std::scoped_lock const lock(mutex_);
        return sizes_.find(room) != sizes_.end();
    }
    /// Counts by another key. Requires: nothing was counted yet.
    void set_key(siphash_key const& key) { sizes_ = keyed_map<std::size_t>(0, keyed_hash{key}); }

private:
    mutable std::mutex mutex_{};
    keyed_map<std::size_t> sizes_;
};

}  // namespace anywire::hub

#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>

namespace anywire::gateway {

/// What backends and mounts keep on one shard; it goes with the shard's place, at the latest.
///
/// Thread: the shard's, or the one that destroys it when the shard does not run any more.
class shard_store {
public:
    /// Null where there is none.
    std::shared_ptr<void> find(std::uint64_t key) const {
        auto const found = kept_.find(key);
        return found == kept_.end() ? nullptr : found->second;
    }
    void keep(std::uint64_t key, std::shared_ptr<void> what) {
        kept_.insert_or_assign(key, std::move(what));
    }
    void drop(std::uint64_t key) {
        auto const gone = find(key);  // it may come back here when it goes
        kept_.erase(key);
    }

private:
    std::unordered_map<std::uint64_t, std::shared_ptr<void>> kept_{};
};

}  // namespace anywire::gateway

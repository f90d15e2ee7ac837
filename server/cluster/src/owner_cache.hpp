#pragma once

#include "core/keyed_hash.hpp"
#include "core/timer_wheel.hpp"
#include "node_mark.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace anywire::relay {

/// On which nodes the sessions are that the registry was asked about. It forgets what was not asked
/// for lately, or is old.
///
/// Limits: twice `most` sessions. Cost: constant.
class owner_cache {
public:
    owner_cache(siphash_key const& key, std::size_t most, tick longest)
        : key_{key}, most_(most), longest_(longest), young_(0, key_), old_(0, key_) {}

    std::optional<node_number> find(std::string_view session, tick now) {
        if (auto const at = young_.find(session); at != young_.end()) return valid(at->second, now);
        auto const at = old_.find(session);
        if (at == old_.end()) return std::nullopt;
        auto const found = valid(at->second, now);
        if (found) put(session, *found, at->second.until);
        return found;
    }
    void learn(std::string_view session, node_number node, tick now) {
        put(session, node, now + longest_);
    }
    void forget(std::string_view session) noexcept {
        if (auto const at = young_.find(session); at != young_.end()) young_.erase(at);
        if (auto const at = old_.find(session); at != old_.end()) old_.erase(at);
    }
    std::size_t size() const noexcept { return young_.size() + old_.size(); }

private:
    struct entry {
        node_number node = 0;
        tick until = 0;
    };
    static std::optional<node_number> valid(entry const& e, tick now) noexcept {
        return not_after(e.until, now) ? std::optional<node_number>{} : e.node;
    }
    void put(std::string_view session, node_number node, tick until) {
        std::string name(session);  // it may be the key of an entry that goes
        if (young_.size() >= most_) {
            old_ = std::move(young_);
            young_ = keyed_map<entry>(0, key_);
        }
        young_.insert_or_assign(std::move(name), entry{node, until});
    }

    keyed_hash key_;
    std::size_t most_;
    tick longest_;
    keyed_map<entry> young_;
    keyed_map<entry> old_;
};

}  // namespace anywire::relay

#include "tallies.hpp"

#include <algorithm>

namespace anywire::testing {

std::shared_ptr<tally> tallies::at(std::string const& key) {
    std::scoped_lock const lock(mutex_);
    auto found = all_.find(key);
    if (found == all_.end()) {
        if (all_.size() >= most_) forget_oldest();
        found = all_.emplace(key, std::make_shared<tally>()).first;
    }
    found->second->last_used = ++clock_;
    return found->second;
}

void tallies::add(tally& to, std::uint64_t traffic::*what, std::uint64_t n) {
    std::scoped_lock const lock(mutex_);
    to.seen.*what += n;
    to.last_used = ++clock_;
}

traffic tallies::of(std::string_view key) const {
    std::scoped_lock const lock(mutex_);
    auto const found = all_.find(key);
    return found == all_.end() ? traffic{} : found->second->seen;
}

std::vector<std::pair<std::string, traffic>> tallies::below(std::string_view prefix) const {
    std::scoped_lock const lock(mutex_);
    std::vector<std::pair<std::string, traffic>> out;
    for (auto at = all_.lower_bound(prefix); at != all_.end() && at->first.starts_with(prefix);
         ++at)
        out.emplace_back(at->first, at->second->seen);
    return out;
}

void tallies::forget_oldest() {
    auto const oldest = std::min_element(all_.begin(), all_.end(), [](auto& a, auto& b) {
        return a.second->last_used < b.second->last_used;
    });
    if (oldest != all_.end()) all_.erase(oldest);
}

}  // namespace anywire::testing

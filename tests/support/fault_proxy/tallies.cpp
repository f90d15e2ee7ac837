#include "tallies.hpp"

#include <algorithm>

namespace anywire::fault {

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
    auto const found = all_.find(std::string(key));
    return found == all_.end() ? traffic{} : found->second->seen;
}

std::vector<std::pair<std::string, traffic>> tallies::below(std::string_view prefix) const {
    std::vector<std::pair<std::string, traffic>> out;
    {
        std::scoped_lock const lock(mutex_);
        for (auto const& [key, counted] : all_)
            if (key.starts_with(prefix)) out.emplace_back(key, counted->seen);
    }
    std::sort(
        out.begin(), out.end(), [](auto const& a, auto const& b) { return a.first < b.first; });
    return out;
}

void tallies::forget_oldest() {
    auto const oldest = std::min_element(all_.begin(), all_.end(), [](auto& a, auto& b) {
        return a.second->last_used < b.second->last_used;
    });
    if (oldest != all_.end()) all_.erase(oldest);
}

}  // namespace anywire::fault

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>

namespace anywire::stomp {

/// Receipts that a client has asked for, in the order of its frames: one goes out when its frame is
/// done, and those before it have gone.
class receipts {
public:
    using place = std::uint64_t;

    std::size_t size() const noexcept { return waiting_.size(); }
    place add(std::string id) {
        waiting_.push_back({std::move(id), false});
        return first_ + waiting_.size() - 1;
    }
    /// Requires: one that has not gone.
    void set_done(place at) noexcept { waiting_[at - first_].is_done = true; }
    std::string const& id(place at) const noexcept { return waiting_[at - first_].id; }
    /// The next that may go.
    std::optional<std::string> take() {
        if (waiting_.empty() || !waiting_.front().is_done) return std::nullopt;
        auto id = std::move(waiting_.front().id);
        waiting_.pop_front();
        ++first_;
        return id;
    }

private:
    struct entry {
        std::string id;
        bool is_done;
    };
    std::deque<entry> waiting_{};
    place first_ = 0;
};

}  // namespace anywire::stomp

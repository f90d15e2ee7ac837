#pragma once

#include "random_pool.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace anywire::socketio {

/// The pages that were let in, by a secret that they come back with.
///
/// Thread: any.
class admin_sessions {
public:
    using time_point = std::chrono::steady_clock::time_point;

    /// Beyond so many the one that ends first makes room.
    static constexpr std::size_t most = 1'000;

    explicit admin_sessions(std::chrono::milliseconds lifetime) noexcept : lifetime_(lifetime) {}

    /// Another one: 128 random bits, in hexadecimal.
    std::string add(time_point now) {
        std::scoped_lock const lock(mutex_);
        std::array<unsigned char, 16> bytes{};
        random_(bytes);
        std::string id;
        for (auto const b : bytes) {
            id += "0123456789abcdef"[b >> 4u];
            id += "0123456789abcdef"[b & 15u];
        }
        drop_ended(now);
        if (until_.size() >= most) drop_oldest();
        until_.emplace(id, now + lifetime_);
        return id;
    }
    bool knows(std::string_view id, time_point now) const {
        std::scoped_lock const lock(mutex_);
        auto const found = until_.find(id);
        return found != until_.end() && now < found->second;
    }

private:
    void drop_ended(time_point now) {
        std::erase_if(until_, [&](auto const& each) { return each.second <= now; });
    }
    void drop_oldest() {
        auto oldest = until_.begin();
        for (auto i = until_.begin(); i != until_.end(); ++i)
            if (i->second < oldest->second) oldest = i;
        until_.erase(oldest);
    }

    std::chrono::milliseconds lifetime_;
    mutable std::mutex mutex_{};
    random_pool random_{};
    std::map<std::string, time_point, std::less<>> until_{};
};

}  // namespace anywire::socketio

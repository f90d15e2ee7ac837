#pragma once

#include "backend.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace anywire::gateway {

/// What each shard has of its own for one backend or mount: made when the shard first asks, ended
/// where the shard runs, or with the shard.
///
/// Thread: any; what it gives is the asking shard's.
template <class State>
class per_shard {
public:
    per_shard() = default;
    per_shard(per_shard const&) = delete;
    per_shard& operator=(per_shard const&) = delete;
    ~per_shard() {
        for (auto const& s : known_) {
            if (s.store.expired()) continue;
            boost::asio::post(s.executor, [store = s.store, key = key_] {
                if (auto const still = store.lock()) still->drop(key);
            });
        }
    }

    /// That of the calling shard; `make(here)` gives a `std::shared_ptr<State>` where there is
    /// none.
    template <class Make>
    State& at(shard_place& here, Make make) {
        if (auto const found = here.store->find(key_)) return *static_cast<State*>(found.get());
        std::shared_ptr<State> const made = make(here);
        {
            std::scoped_lock const lock(mutex_);
            known_.push_back({here.executor, here.store});
        }
        here.store->keep(key_, made);
        return *made;
    }

private:
    struct place {
        boost::asio::any_io_executor executor;
        std::weak_ptr<shard_store> store;
    };

    static std::uint64_t next_key() noexcept {
        static std::atomic<std::uint64_t> last{0};
        return ++last;
    }

    std::uint64_t const key_ = next_key();
    std::mutex mutex_{};
    std::vector<place> known_{};
};

}  // namespace anywire::gateway

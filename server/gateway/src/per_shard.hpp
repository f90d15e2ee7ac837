#pragma once

#include "backend.hpp"
#include "context_floor.hpp"
#include "io_host.hpp"

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace anywire::gateway {

/// What each shard has of its own for a backend or a mount: made when the shard first asks, ended
/// where the shard runs.
///
/// Thread: any; what it gives is the asking shard's.
template <class State>
class per_shard {
public:
    per_shard() = default;
    per_shard(per_shard const&) = delete;
    per_shard& operator=(per_shard const&) = delete;
    ~per_shard() {
        for (auto& s : states_) end(std::move(s));
    }

    /// That of the calling shard; `make(here)` gives a `std::unique_ptr<State>` where there is
    /// none.
    template <class Make>
    State& at(shard_place& here, Make make) {
        std::scoped_lock const lock(mutex_);
        for (auto const& s : states_)
            if (s.context == here.clients) return *s.state;
        states_.push_back({here.clients, client_access::share_floor(*here.clients), make(here)});
        return *states_.back().state;
    }

private:
    struct one {
        client_context* context = nullptr;
        std::shared_ptr<context_floor> floor{};  // before the state: it goes after it
        std::unique_ptr<State> state{};
    };

    /// Its sockets are the shard's to close.
    static void end(one of) {
        auto& host = of.floor->host();
        if (!host.is_running() || host.is_here()) return;
        host.post([kept = std::make_shared<one>(std::move(of))] {});
    }

    std::mutex mutex_{};
    std::vector<one> states_{};
};

}  // namespace anywire::gateway

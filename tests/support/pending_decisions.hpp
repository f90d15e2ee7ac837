#pragma once

#include <anywire/server.hpp>

#include "support/running_server.hpp"

#include <catch2/catch.hpp>

#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

namespace anywire::test {

/// Decisions of `authorize` that wait for the test, the oldest first.
///
/// Thread: any puts, the test takes.
class pending_decisions {
public:
    void put(decision d) {
        {
            std::scoped_lock const lock(mutex_);
            waiting_.push_back(std::move(d));
        }
        seen.add("asked");
    }
    decision take() {
        REQUIRE(seen.wait_for("asked", ++taken_));
        std::scoped_lock const lock(mutex_);
        auto d = std::move(waiting_.front());
        waiting_.erase(waiting_.begin());
        return d;
    }

    notes seen{};

private:
    std::mutex mutex_{};
    std::vector<decision> waiting_{};
    std::size_t taken_ = 0;
};

}  // namespace anywire::test

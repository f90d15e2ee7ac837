#pragma once

#include "shard.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace anywire {

/// What `service::every` calls.
class ticker final : public timer_node {
public:
    ticker(shard& s, tick period, std::function<void()> fn)
        : shard_(s), period_(std::max<tick>(period, 1)), fn_(std::move(fn)) {}

    void start(tick now) noexcept {
        next_ = now + period_;
        shard_.loop().wheel().arm(*this, next_);
    }
    void on_timer(tick now) override {
        if (not_after(next_, now)) {
            next_ += period_;
            if (not_after(next_, now)) next_ = now + period_;  // after a stall, no burst
            call();
        }
        shard_.loop().wheel().arm(*this, next_);
    }

private:
    void call() {
        try {
            fn_();
        } catch (...) {
            shard_.log().failed("a ticker");
        }
    }

    shard& shard_;
    tick period_;
    tick next_ = 0;
    std::function<void()> fn_;
};

}  // namespace anywire

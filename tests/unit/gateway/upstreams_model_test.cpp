// The balancer beside a model of it, under operations in random order.

#include "upstreams.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

using namespace anywire::gateway;
using namespace std::chrono_literals;

namespace {

using time_of = upstreams::time;

time_of const start{1h};

std::vector<backend_address> servers_of_weights(std::vector<unsigned> const& weights) {
    std::vector<backend_address> all;
    for (auto const w : weights)
        all.push_back({.url = "ws://server" + std::to_string(all.size()), .weight = w});
    return all;
}

/// What has to be true of one server, kept beside it by the simplest means.
struct server_model {
    std::uint64_t opening = 0;
    std::uint64_t open = 0;
    unsigned failures = 0;
    unsigned good = 0;
    unsigned bad = 0;
    bool failing = false;
    bool down = false;
    time_of retry_at{};

    bool healthy() const { return !failing && !down; }
};

class model {
public:
    explicit model(unsigned seed)
        : random_(seed),
          health_{.max_failures = 1 + below(3),
                  .retry_after = 100ms,
                  .check_interval = 10ms,
                  .fall = 1 + below(3),
                  .rise = 1 + below(3),
                  .slow_start = std::chrono::milliseconds(below(2) * 500)},
          real_(servers_of_weights({1, 2, 5}), health_) {}

    void step() {
        now_ += std::chrono::milliseconds(below(20));
        auto const which = below(3);
        switch (below(8)) {
            case 0:
            case 1:
            case 2: choose(); break;
            case 3: end_opening(which); break;
            case 4: end_opening(below(3)); break;
            case 5: close(which); break;
            case 6: check(which); break;
            default: stay(); break;
        }
        compare();
    }
    std::set<std::string> const& seen() const { return seen_; }

private:
    unsigned below(unsigned n) { return static_cast<unsigned>(random_() % n); }

    void choose() {
        std::vector<std::size_t> tried;
        for (std::size_t i = 0; i < 3; ++i)
            if (below(4) == 0) tried.push_back(i);
        auto const is_tried = [&](std::size_t i) {
            return std::find(tried.begin(), tried.end(), i) != tried.end();
        };
        auto const any =
            std::any_of(known_.begin(), known_.end(), [](auto const& s) { return s.healthy(); });
        auto const may = [&](std::size_t i) {
            auto const& s = known_[i];
            if (is_tried(i) || s.down) return false;
            return s.healthy() || (s.opening == 0 && (!any || s.retry_at <= now_));
        };
        auto const chosen = real_.choose(now_, tried);
        if (!chosen) {
            for (std::size_t i = 0; i < 3; ++i) CHECK_FALSE(may(i));
            seen_.insert("none");
            return;
        }
        CHECK(may(*chosen));
        seen_.insert(known_[*chosen].healthy() ? "healthy" : any ? "due" : "last resort");
        ++known_[*chosen].opening;
    }
    void end_opening(std::size_t i) {
        auto& s = known_[i];
        if (s.opening == 0) return;
        --s.opening;
        auto const how = below(5);
        auto const was_healthy = s.healthy();
        if (how < 2) {
            auto const changed = real_.on_failed(i, now_, "why");
            if (++s.failures >= health_.max_failures) {
                s.failing = true;
                s.retry_at = now_ + health_.retry_after;
            }
            CHECK(changed == (s.healthy() != was_healthy));
            return;
        }
        if (how == 2) return real_.on_given_up(i);
        if (s.failing) seen_.insert(s.down ? "back, but down" : "back");
        s.failures = 0;
        s.failing = false;
        if (how == 4) ++s.open;
        auto const changed = how == 4 ? real_.on_opened(i, now_) : real_.on_refused(i, now_);
        CHECK(changed == (s.healthy() != was_healthy));
    }
    void close(std::size_t i) {
        if (known_[i].open == 0) return;
        --known_[i].open;
        real_.on_closed(i, below(2) == 0);
    }
    void check(std::size_t i) {
        auto& s = known_[i];
        auto const is_good = below(3) != 0;
        auto const was_healthy = s.healthy();
        auto const changed = real_.on_checked(i, is_good, now_, "why");
        s.good = is_good ? s.good + 1 : 0;
        s.bad = is_good ? 0 : s.bad + 1;
        if (s.bad >= health_.fall) s.down = true;
        if (s.good >= health_.rise) {
            if (s.down) seen_.insert("up");
            s.down = false;
            s.retry_at = std::min(s.retry_at, now_);
        }
        CHECK(changed == (s.healthy() != was_healthy));
    }
    void stay() { seen_.insert("nothing"); }
    void compare() {
        auto const all = real_.numbers(now_);
        REQUIRE(all.size() == known_.size());
        for (std::size_t i = 0; i < all.size(); ++i) {
            auto const& s = known_[i];
            CHECK(all[i].sessions == s.opening + s.open);
            CHECK(all[i].is_healthy == s.healthy());
            CHECK(all[i].share >= upstreams::least_share);
            CHECK(all[i].share <= 1);
            if (all[i].share < 1) seen_.insert("slow");
        }
    }

    std::mt19937 random_;
    health_settings health_;
    upstreams real_;
    std::vector<server_model> known_{3};
    time_of now_ = start;
    std::set<std::string> seen_{};
};

}  // namespace

TEST_CASE("whatever happens in whatever order, only who may be is chosen, and all is counted") {
    std::set<std::string> seen;
    for (unsigned seed = 0; seed < 40; ++seed) {
        CAPTURE(seed);
        model m(seed);
        for (int i = 0; i < 500; ++i) m.step();
        seen.insert(m.seen().begin(), m.seen().end());
    }
    CHECK(seen == std::set<std::string>{"back",
                                        "back, but down",
                                        "due",
                                        "healthy",
                                        "last resort",
                                        "none",
                                        "nothing",
                                        "slow",
                                        "up"});
}

#include "support/stomp_walk.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <random>
#include <string>

using namespace anywire::test;

namespace {

constexpr int steps = 50;

std::uint64_t number_in(char const* name, std::uint64_t otherwise) {
    auto const* const given = std::getenv(name);
    return given ? std::strtoull(given, nullptr, 10) : otherwise;
}

void walk(std::uint64_t seed, bool shows = false) {
    std::mt19937_64 random(seed);
    auto const draw = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    stomp_walk w(draw, shows);
    for (auto i = 0; i < steps; ++i) w.step();
    w.finish();
}

}  // namespace

// ANYWIRE_STOMP_SEED=<number> walks one of them alone, and shows it; ANYWIRE_STOMP_SEEDS=<number>
// as many as that.
TEST_CASE("a broker does what a model of it does, whatever clients do") {
    if (auto const seed = number_in("ANYWIRE_STOMP_SEED", 0)) return walk(seed, true);
    auto const seeds = number_in("ANYWIRE_STOMP_SEEDS", 1'000);
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        try {
            walk(seed);
        } catch (model_broken const& e) {
            FAIL("ANYWIRE_STOMP_SEED=" << seed << ": " << e.what());
        }
    }
}

// The queues beside a model that counts anew at each step.
#include "support/queue_walk.hpp"

#include <catch2/catch.hpp>

#include <random>
#include <string>

using namespace anywire::test;

namespace {

std::string walk(unsigned seed) {
    std::mt19937 random(seed);
    auto source = [&random](std::size_t n) { return random() % n; };
    try {
        queue_walk w(source);
        for (int i = 0; i < 150; ++i) w.step();
        w.finish();
    } catch (std::exception const& e) {
        return e.what();
    }
    return "the same";
}

}  // namespace

TEST_CASE("each message is settled once, or lost, or waits, and all counts are as recounted") {
    for (unsigned seed = 1; seed <= 1000; ++seed) {
        CAPTURE(seed);
        REQUIRE(walk(seed) == "the same");
    }
}

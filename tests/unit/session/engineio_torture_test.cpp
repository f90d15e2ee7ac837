// Thousands of schedules of all that may happen to an Engine.IO session, the same on every run.
#include "support/engineio_machine.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <random>

using namespace anywire::test;

TEST_CASE("under any schedule each side of an Engine.IO session sees the other's messages once") {
    constexpr unsigned schedules = 12'000;
    std::map<std::string, int> endings;
    int upgrades = 0;
    for (unsigned seed = 1; seed <= schedules; ++seed) {
        std::minstd_rand random(seed);
        for (int i = 0; i < 8; ++i) (void)random();
        engineio_machine m([&] { return static_cast<unsigned>(random() >> 7); }, 20 + seed % 300);
        m.run();
        INFO("seed " << seed);
        REQUIRE(m.failure() == "");
        ++endings[m.ending()];
        upgrades += m.has_upgraded();
    }
    // That the schedules get somewhere.
    CHECK(upgrades > static_cast<int>(schedules) / 4);
    CHECK(endings["server_closed"] > static_cast<int>(schedules) / 4);
    for (auto const* const reason : {"client_closed",
                                     "transport_lost",
                                     "heartbeat_timeout",
                                     "protocol_error",
                                     "shutting_down"}) {
        CAPTURE(reason);
        CHECK(endings[reason] > 20);
    }
}

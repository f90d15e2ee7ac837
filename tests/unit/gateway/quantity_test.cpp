#include "quantity.hpp"

#include <catch2/catch.hpp>

using namespace anywire::gateway;
using namespace std::chrono_literals;

TEST_CASE("a time has a number and a unit") {
    CHECK(parse_duration("250ms") == 250ms);
    CHECK(parse_duration("10s") == 10s);
    CHECK(parse_duration("5m") == 5min);
    CHECK(parse_duration("2h") == 2h);
    CHECK(parse_duration("1d") == 24h);
    CHECK(parse_duration("0") == 0ms);
    CHECK(parse_duration("0s") == 0ms);
    CHECK(parse_duration("365d") == 24h * 365);
    for (auto const* const bad : {"",
                                  "10",
                                  "s",
                                  "ms",
                                  "-1s",
                                  "+1s",
                                  "1.5s",
                                  "1 s",
                                  "1s ",
                                  " 1s",
                                  "1S",
                                  "1sec",
                                  "1m30s",
                                  "0x1",
                                  "366d",
                                  "1ss",
                                  "ten",
                                  "99999999999999999999s",
                                  "18446744073709551615ms",
                                  "31536000001ms"})
        CHECK_FALSE(parse_duration(bad));
}

TEST_CASE("a number of bytes may have a unit of 1 024") {
    CHECK(parse_size("0") == 0u);
    CHECK(parse_size("65536") == 65'536u);
    CHECK(parse_size("64k") == 65'536u);
    CHECK(parse_size("64K") == 65'536u);
    CHECK(parse_size("64KiB") == 65'536u);
    CHECK(parse_size("1M") == 1u << 20);
    CHECK(parse_size("1MiB") == 1u << 20);
    CHECK(parse_size("2G") == std::uint64_t{2} << 30);
    for (auto const* const bad : {"",
                                  "k",
                                  "-1",
                                  "1.5M",
                                  "1 k",
                                  "1kB",
                                  "1KB",
                                  "1T",
                                  "1B",
                                  "1iB",
                                  "m1",
                                  "9007199254740993",
                                  "8388609G",
                                  "99999999999999999999"})
        CHECK_FALSE(parse_size(bad));
}

TEST_CASE("what is written of a quantity reads back, in its largest unit") {
    CHECK(duration_text(0ms) == "0s");
    CHECK(duration_text(62s) == "62s");
    CHECK(duration_text(120s) == "2m");
    CHECK(duration_text(1500ms) == "1500ms");
    CHECK(size_text(0) == "0");
    CHECK(size_text(16'384) == "16k");
    CHECK(size_text(1'000'000) == "1000000");
    for (std::int64_t const n : {0, 1, 999, 1'000, 60'000, 61'000, 3'600'000, 86'400'000}) {
        auto const d = std::chrono::milliseconds(n);
        CHECK(parse_duration(duration_text(d)) == d);
    }
    for (std::uint64_t const n : {0u, 1u, 1'023u, 1'024u, 1'025u, 1u << 20, 3u << 30})
        CHECK(parse_size(size_text(n)) == n);
}

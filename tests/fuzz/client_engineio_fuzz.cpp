// Whatever a server of Engine.IO says, in any order: see client_machine.hpp. The first byte is the
// client's options.
#include "fuzz/client_machine.hpp"

using namespace anywire;
using namespace std::chrono_literals;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size == 0) return 0;
    auto const how = data[0];
    client_options o{.url = "http://a", .dialect = client_dialect::engineio};
    if (how & 1) o.transports = {"websocket", "polling"};
    o.revision = how & 2 ? 3 : 4;
    o.upgrade = (how & 4) == 0;
    o.fall_back = (how & 8) == 0;
    if (how & 16) o.race_after = 100ms;
    constexpr std::array<std::string_view, 16> phrases{
        R"(0{"sid":"S","upgrades":["websocket"],"pingInterval":1000,"pingTimeout":500})",
        R"(89:0{"sid":"S","upgrades":["websocket"],"pingInterval":100,"pingTimeout":50,"maxPayload":9})",
        R"(0{"sid":"S","upgrades":[],"pingInterval":1,"pingTimeout":1,"maxPayload":1})",
        "3probe",
        "6",
        "4hello",
        "4a\x1e"
        "bAQI=\x1e"
        "4b",
        "2",
        "3",
        "1",
        "ok",
        "1:61:16:4hello",
        R"({"code":1,"message":"Session ID unknown"})",
        "4",
        "2probe",
        "1:2"};
    test::client_machine m(o, phrases, data + 1, size - 1);
    m.run();
    return 0;
}

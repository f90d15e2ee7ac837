// Whatever a server of SockJS says, in any order: see client_machine.hpp. The first byte is the
// client's options.
#include "fuzz/client_machine.hpp"

using namespace anywire;
using namespace std::chrono_literals;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size == 0) return 0;
    auto const how = data[0];
    client_options o{.url = "http://a/echo", .dialect = client_dialect::sockjs};
    constexpr std::array names{"websocket", "xhr-streaming", "eventsource", "xhr-polling"};
    if (how % 8 < 4) o.transports = {names[how % 4]};
    if (how & 16) o.race_after = 100ms;
    constexpr std::array<std::string_view, 16> phrases{
        R"({"websocket":true,"cookie_needed":false,"origins":["*:*"],"entropy":1})",
        R"({"websocket":false,"base_url":"//b/x"})",
        "o",
        "o\n",
        "h\n",
        "a[\"x\",\"y\"]",
        "a[\"x\",\"y\"]\n",
        "a[\"z\"]\na[\"\\ud83d\\ude00\"]\nh\n",
        "c[3000,\"Go away!\"]",
        "c[3000,\"Go away!\"]\n",
        "\r\ndata: o\r\n\r\n",
        "data: a[\"%2525\"]\r\n\r\n",
        "data: h\r\n\r\ndata: c[2010,\"x\"]\r\n\r\n",
        "hhhhhhhh\n",
        "event: x\ndata: a[\"no\"]\n\n",
        ""};
    test::client_machine m(o, phrases, data + 1, size - 1);
    m.run();
    return 0;
}

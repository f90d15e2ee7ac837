// What a server opens a session with, or refuses a request with; the text goes through a query,
// too.
#include "engineio/client.hpp"
#include "engineio/query.hpp"
#include "engineio_packets.hpp"

#include <cstdint>

using namespace anywire::engineio;
using namespace anywire::test;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const in{reinterpret_cast<char const*>(data), size};
    open_limits const limits{.max_packet = 4096, .max_sid = 16};
    auto const open = decode_open(in, limits);
    require(open.value.has_value() == open.wrong.empty());
    if (open.value) {
        auto const& o = *open.value;
        require(in.size() <= limits.max_packet);
        require(!o.sid.empty() && o.sid.size() <= limits.max_sid);
        require(o.ping_interval.count() > 0 && o.ping_interval <= limits.max_ping);
        require(o.ping_timeout.count() > 0 && o.ping_timeout <= limits.max_ping);
        auto const again = open_packet(o.sid,
                                       o.upgrades_to_websocket,
                                       o.ping_interval,
                                       o.ping_timeout,
                                       static_cast<std::size_t>(o.max_payload));
        auto const same = decode_open(std::string_view{again}.substr(1), limits).value;
        require(same && same->sid == o.sid && same->max_payload == o.max_payload);
        require(same->ping_interval == o.ping_interval && same->ping_timeout == o.ping_timeout);
        require(same->upgrades_to_websocket == o.upgrades_to_websocket);
    }
    if (auto const refused = decode_refusal(in)) {
        require(refused->message.size() <= 256);
        auto const again = decode_refusal(refusal_json(refused->why, refused->message));
        require(again && again->why == refused->why);
        require(refused->message.empty() || again->message == refused->message);
    }
    std::string query;
    append_query(query, {.transport = in, .sid = in});
    require(query.find_first_of(" \r\n#") == query.npos);
    auto const read = parse_query(query);
    require(read.sid == in && read.transport == in && read.v4);
    return 0;
}

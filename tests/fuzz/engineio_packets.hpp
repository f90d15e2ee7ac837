#pragma once

#include "engineio/payload.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

// What the fuzz targets of both payload formats share.
namespace anywire::test {

inline void require(bool claim) {
    if (!claim) std::abort();
}

/// A packet that owns its data.
struct kept_packet {
    engineio::packet_type type = engineio::packet_type::noop;
    bool binary = false;
    std::string data{};
    bool operator==(kept_packet const&) const = default;
};

struct read_result {
    std::vector<kept_packet> packets{};
    bool failed = false;
    bool operator==(read_result const&) const = default;
};

/// Reads a whole body: no more packets than bytes, scratch within its bound, nothing after the end.
inline read_result read_all(engineio::revision r, std::string_view body, bool binary) {
    engineio::payload_reader reader(r, body, binary);
    read_result out;
    std::string scratch;
    while (auto const p = reader.next(scratch)) {
        require(out.packets.size() < body.size() && !reader.failed());
        require(out.packets.empty() || out.packets.back().type != engineio::packet_type::close);
        require(p->type <= engineio::packet_type::noop);
        require(!p->binary || p->type == engineio::packet_type::message);
        require(p->data.size() <= 3 * body.size());
        out.packets.push_back({p->type, p->binary, std::string(p->data)});
    }
    require(scratch.capacity() <= std::max<std::size_t>(30, 6 * body.size()));
    require(!reader.next(scratch));
    out.failed = reader.failed();
    return out;
}

/// What was read, written and read again is the same.
inline void check_round_trip(engineio::revision r, read_result const& read) {
    std::vector<std::string> texts;
    for (auto const& p : read.packets) {
        auto const v3_bytes = p.binary && r == engineio::revision::v3;
        std::string head = v3_bytes ? "\x04" : std::string(1, engineio::digit_of(p.type));
        if (p.binary && !v3_bytes) head.clear();
        texts.push_back(head + p.data);
    }
    std::vector<engineio::outgoing> out;
    for (std::size_t i = 0; i < texts.size(); ++i)
        out.push_back({texts[i], read.packets[i].binary});
    std::string body;
    engineio::append_payload(body, r, out);
    auto const again = read_all(r, body, engineio::needs_binary_payload(r, out));
    require(again.packets == read.packets);
    require(again.failed == body.empty());
}

}  // namespace anywire::test

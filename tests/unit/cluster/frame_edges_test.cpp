#include "frame_edges.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using anywire::relay::frame_edges;

namespace {

/// A frame as a server sends it, or a client.
std::string frame(std::size_t size, bool is_masked) {
    std::string out(1, '\x82');
    auto const mask = is_masked ? 0x80u : 0u;
    auto const put = [&](unsigned bytes) {
        for (auto n = bytes; n-- > 0;) out.push_back(static_cast<char>(size >> (8 * n) & 0xff));
    };
    if (size < 126) {
        out.push_back(static_cast<char>(mask | size));
    } else if (size < 65536) {
        out.push_back(static_cast<char>(mask | 126));
        put(2);
    } else {
        out.push_back(static_cast<char>(mask | 127));
        put(8);
    }
    if (is_masked) out.append("\x7f\xff\x80\x01");
    return out.append(size, '\xff');
}

}  // namespace

TEST_CASE("frames end where they end, however their bytes come") {
    auto const is_masked = GENERATE(false, true);
    for (std::size_t const size : {0u, 1u, 125u, 126u, 127u, 65535u, 65536u, 70000u}) {
        auto const bytes = frame(size, is_masked);
        frame_edges whole;
        CHECK(whole.is_edge());
        CHECK(whole.feed(bytes, false) == bytes.size());
        CHECK(whole.is_edge());
        frame_edges pieces;
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            CHECK(pieces.feed(std::string_view(bytes).substr(i, 1), false) == 1);
            if (pieces.is_edge() != (i + 1 == bytes.size())) FAIL("an edge after " << i);
        }
    }
}

TEST_CASE("it stops at the first end of a frame") {
    auto const bytes = frame(3, false) + frame(200, false);
    frame_edges edges;
    CHECK(edges.feed(bytes, true) == 0);  // it begins with one
    CHECK(edges.feed(bytes.substr(0, 2), false) == 2);
    CHECK(edges.feed(bytes.substr(2), true) == 3);
    CHECK(edges.is_edge());
    CHECK(edges.feed(bytes.substr(5), true) == 0);
    CHECK(edges.feed(bytes.substr(5), false) == bytes.size() - 5);
}

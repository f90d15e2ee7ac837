#include "core/gzip.hpp"

#include "websocket/deflate.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <random>
#include <string>

using namespace anywire;

namespace {

// The raw deflate stream in `bytes`, inflated.
std::string inflated(std::string_view bytes, std::size_t size) {
    websocket::inflater inflater{websocket::deflate_params{}};
    std::string out;
    REQUIRE_FALSE(inflater.inflate(bytes, out, size));
    REQUIRE_FALSE(inflater.finish(out, size));
    return out;
}

std::string hex(std::string_view bytes) {
    std::string out;
    for (auto const c : bytes) {
        auto const byte = static_cast<unsigned char>(c);
        out += {"0123456789abcdef"[byte >> 4], "0123456789abcdef"[byte & 15]};
    }
    return out;
}

std::string noise(std::size_t size) {
    std::mt19937 random(static_cast<unsigned>(size));
    std::string out;
    for (std::size_t i = 0; i < size; ++i) out.push_back(static_cast<char>(random()));
    return out;
}

std::string packets(std::size_t size) {
    std::string out;
    for (int i = 0; out.size() < size; ++i)
        out += "42[\"m\",{\"id\":" + std::to_string(i) + "}]\x1e";
    out.resize(size);
    return out;
}

}  // namespace

TEST_CASE("what is compressed is what zlib and gzip write, and inflates to itself") {
    // Sizes about the steps of the window, and of the output.
    auto const size =
        GENERATE(std::size_t{0}, 1, 249, 250, 251, 16'383, 16'384, 32'505, 32'506, 300'000);
    auto const level = GENERATE(0, 1, 6, 9);
    for (auto const& text : {noise(size), packets(size), std::string(size, 'a')}) {
        CAPTURE(size, level);
        std::string z;
        append_zlib(z, text, level);
        REQUIRE(z.starts_with("\x78\x9c"));
        REQUIRE(inflated(std::string_view(z).substr(2, z.size() - 6), size) == text);

        std::string g = "head";
        append_gzip(g, text, level);
        REQUIRE(g.starts_with("head\x1f\x8b\x08"));
        REQUIRE(std::string_view(g).substr(14, g.size() - 22) ==
                std::string_view(z).substr(2, z.size() - 6));
        REQUIRE(g.size() <= size + size / 100 + 64);
    }
}

TEST_CASE("the check values are those of the RFCs") {
    std::string out;
    append_gzip(out, "123456789");
    CHECK(hex(out) == "1f8b08000000000000ff33343236313533b7b004002639f4cb09000000");
    out.clear();
    append_zlib(out, "Wikipedia");
    CHECK(hex(out) == "789c0bcfccce2c484dc94c040011e60398");
    out.clear();
    append_zlib(out, std::string(1'000'000, '\xff'));
    CHECK(hex(out).substr(2 * (out.size() - 4)) == "3843e1be");
}

TEST_CASE("packets compress well") {
    std::string out;
    append_gzip(out, packets(100'000));
    CHECK(out.size() < 20'000);
}

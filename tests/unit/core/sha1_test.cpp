#include "core/sha1.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace anywire;

namespace {

std::string hex(std::string_view bytes) {
    std::string out;
    for (auto const b : sha1(bytes)) {
        out.push_back("0123456789abcdef"[b >> 4]);
        out.push_back("0123456789abcdef"[b & 15]);
    }
    return out;
}

}  // namespace

TEST_CASE("SHA-1 digests the examples of FIPS 180") {
    CHECK(hex("") == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    CHECK(hex("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
    CHECK(hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
          "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
    CHECK(hex(std::string(1'000'000, 'a')) == "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

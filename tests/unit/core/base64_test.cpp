#include "core/base64.hpp"

#include "support/printers.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace anywire;

TEST_CASE("base64 encodes and decodes the vectors of RFC 4648") {
    std::vector<std::pair<std::string, std::string>> const rows{{"", ""},
                                                                {"f", "Zg=="},
                                                                {"fo", "Zm8="},
                                                                {"foo", "Zm9v"},
                                                                {"foob", "Zm9vYg=="},
                                                                {"fooba", "Zm9vYmE="},
                                                                {"foobar", "Zm9vYmFy"},
                                                                {"\xff\xfe\xfd", "//79"},
                                                                {"\xfb\xef\xbe", "++++"}};
    for (auto const& [plain, coded] : rows) {
        CAPTURE(plain);
        std::string out = "x";
        append_base64(out, plain);
        CHECK(out == "x" + coded);
        auto const back = decode_base64(coded);
        REQUIRE(back);
        CHECK(*back == plain);
    }
}

TEST_CASE("every byte value survives base64") {
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
    for (std::size_t n = 250; n <= bytes.size(); ++n) {
        std::string coded;
        append_base64(coded, bytes.substr(0, n));
        CHECK(decode_base64(coded).value() == bytes.substr(0, n));
    }
}

TEST_CASE("base64 may lack its padding, or have bits set after the last byte") {
    CHECK(decode_base64("Zg").value() == "f");
    CHECK(decode_base64("Zm8").value() == "fo");
    CHECK(decode_base64("Zh==").value() == "f");
}

TEST_CASE("what is not base64 is refused") {
    auto const text = GENERATE(as<std::string>{},
                               "Z",
                               "Zm9vY",
                               "Zg=",
                               "Zg===",
                               "=",
                               "====",
                               "Zg==Zg==",
                               "Zm9v\n",
                               "Zm 9",
                               "Zm-_",
                               "Z\xc3\xa4g");
    CAPTURE(text);
    auto const r = decode_base64(text);
    REQUIRE_FALSE(r);
    CHECK(r.error() == errc::bad_base64);
}

TEST_CASE("a key is 22 characters of base64 and two of padding") {
    CHECK(is_base64_of_16_bytes("dGhlIHNhbXBsZSBub25jZQ=="));
    CHECK(is_base64_of_16_bytes("x3JJHMbDL1EzLkh9GBhXDw=="));
    CHECK(is_base64_of_16_bytes("////////////////////+/=="));
    CHECK_FALSE(is_base64_of_16_bytes(""));
    CHECK_FALSE(is_base64_of_16_bytes("dG1mdGwdnaiw1dZQj=="));
    CHECK_FALSE(is_base64_of_16_bytes("dGhlIHNhbXBsZSBub25jZQ"));
    CHECK_FALSE(is_base64_of_16_bytes("dGhlIHNhbXBsZSBub25jZWE="));
    CHECK_FALSE(is_base64_of_16_bytes("dGhlIHNhbXBsZSBub25jZ==="));
    CHECK_FALSE(is_base64_of_16_bytes("dGhlIHNhbXBsZSBub25 ZQ=="));
    CHECK_FALSE(is_base64_of_16_bytes(std::string(4096, 'A')));
}

#include "accept_encoding.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace anywire;
using coding = content_coding;

TEST_CASE("gzip comes before deflate, and either before identity") {
    CHECK(choose_coding("gzip, deflate, br") == coding::gzip);
    CHECK(choose_coding("deflate, gzip") == coding::gzip);
    CHECK(choose_coding("deflate") == coding::deflate);
    CHECK(choose_coding("GZip") == coding::gzip);
    CHECK(choose_coding("*") == coding::gzip);
    CHECK(choose_coding("identity, gzip") == coding::gzip);
    CHECK(choose_coding("gzip;q=0.001") == coding::gzip);
}

TEST_CASE("quality decides") {
    CHECK(choose_coding("gzip;q=0.5, deflate;q=0.8") == coding::deflate);
    CHECK(choose_coding("gzip;q=0.5, deflate") == coding::deflate);
    CHECK(choose_coding("gzip ; Q=0.501\t,deflate; q=0.5") == coding::gzip);
    CHECK(choose_coding("gzip;q=0.8, identity") == coding::identity);
    CHECK(choose_coding("identity;q=0.5, *;q=0.1") == coding::identity);
    CHECK(choose_coding("gzip;q=0.2, *") == coding::deflate);
    CHECK(choose_coding("gzip;q=1.000, deflate;q=1.") == coding::gzip);
}

TEST_CASE("a quality of nothing forbids") {
    CHECK(choose_coding("gzip;q=0") == coding::identity);
    CHECK(choose_coding("gzip;q=0.000, deflate;q=0.") == coding::identity);
    CHECK(choose_coding("gzip;q=0, *") == coding::deflate);
    CHECK(choose_coding("*;q=0") == coding::identity);
    CHECK(choose_coding("*;q=0, deflate") == coding::deflate);
    CHECK(choose_coding("gzip;q=0, gzip") == coding::identity);
    CHECK(choose_coding("identity;q=0") == coding::identity);
}

TEST_CASE("what is malformed counts for nothing") {
    for (auto const* field : {"",
                              ",",
                              ",,;,",
                              ";q=1",
                              "br, zstd",
                              "gzipx",
                              "gzip;",
                              "gzip;q",
                              "gzip;q=",
                              "gzip;q=2",
                              "gzip;q=1.001",
                              "gzip;q=0.5555",
                              "gzip;q=-1",
                              "gzip;q=.5",
                              "gzip;q=0,5;",
                              "gzip;q= 1",
                              "gzip;level=9",
                              "gzip;q=1;q=1",
                              "gzip deflate",
                              "\xff\xfe",
                              "q=1"}) {
        CAPTURE(field);
        CHECK(choose_coding(field) == coding::identity);
    }
    CHECK(choose_coding("gzip;q=x, deflate") == coding::deflate);
    CHECK(choose_coding("\"gzip\", , deflate") == coding::deflate);
}

TEST_CASE("a field as long as heads may be is read in one pass") {
    std::string field;
    while (field.size() < 1'000'000) field += "x;;;;;;,";
    CHECK(choose_coding(field) == coding::identity);
    CHECK(choose_coding(field + "gzip") == coding::gzip);
    CHECK(choose_coding(std::string(1'000'000, ' ') + "gzip") == coding::gzip);
}

#include "engineio/query.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace anywire::engineio;

TEST_CASE("a query says the revision, the transport and the session") {
    auto const q = parse_query("EIO=4&transport=polling&t=OkbTSt-&sid=lv_VI97HAXpY6yYWAAAC");
    CHECK(q.v4);
    CHECK(q.transport == "polling");
    CHECK(q.sid == "lv_VI97HAXpY6yYWAAAC");
    CHECK_FALSE(q.has_b64);
    CHECK_FALSE(q.jsonp);
}

TEST_CASE("only EIO=4 is v4") {
    CHECK(parse_query("EIO=4").v4);
    CHECK(parse_query("EIO=%34").v4);
    CHECK(parse_query("%45IO=4").v4);
    for (auto const* raw : {"",
                            "EIO",
                            "EIO=",
                            "EIO=3",
                            "EIO=04",
                            "EIO=4.0",
                            "EIO=+4",
                            "EIO=5",
                            "eio=4",
                            "EIO=44",
                            "EIO=4%00"}) {
        CAPTURE(raw);
        CHECK_FALSE(parse_query(raw).v4);
    }
}

TEST_CASE("of a repeated key the last value counts") {
    auto const q = parse_query("EIO=4&EIO=3&transport=a&transport=websocket&sid=x&sid=&j=1&j=2");
    CHECK_FALSE(q.v4);
    CHECK(q.transport == "websocket");
    CHECK(q.sid.empty());
    CHECK(q.jsonp == "2");
    CHECK_FALSE(parse_query("b64=1&b64=").has_b64);
}

TEST_CASE("values are decoded as those of a form") {
    auto const q = parse_query("transport=%5f_proto__&sid=a%2Bb+c%zz");
    CHECK(q.transport == "__proto__");
    CHECK(q.sid == "a+b c%zz");
    CHECK(parse_query("transport=%00").transport == std::string(1, '\0'));
}

TEST_CASE("b64 counts with any value but none") {
    CHECK(parse_query("b64=1").has_b64);
    CHECK(parse_query("b64=0").has_b64);
    CHECK(parse_query("b64=false").has_b64);
    CHECK_FALSE(parse_query("b64=").has_b64);
    CHECK_FALSE(parse_query("b64").has_b64);
}

TEST_CASE("of a JSONP index the digits are kept, up to twenty") {
    CHECK(parse_query("j=0").jsonp == "0");
    CHECK(parse_query("j=alert(1)//2").jsonp == "12");
    CHECK(parse_query("j=%31%32").jsonp == "12");
    CHECK(parse_query("j=%3Cscript%3E").jsonp == "");
    CHECK(parse_query("j").jsonp == "");
    CHECK(parse_query("j=" + std::string(1'000'000, '7')).jsonp == std::string(20, '7'));
    CHECK_FALSE(parse_query("jj=1&J=2").jsonp);
}

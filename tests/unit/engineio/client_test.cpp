#include "engineio/client.hpp"

#include "engineio/query.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace anywire::engineio;
using namespace std::literals;

namespace {

std::string why(std::string_view data, open_limits const& limits = {}) {
    auto const d = decode_open(data, limits);
    CHECK(d.value.has_value() == d.wrong.empty());
    return std::string{d.wrong};
}

std::string written(client_query const& query) {
    std::string out;
    append_query(out, query);
    return out;
}

std::size_t size_of(revision r, std::vector<outgoing> const& packets, std::size_t n) {
    std::string out;
    append_payload(out, r, {packets.data(), n});
    return out.size();
}

constexpr auto no_times = "an open packet without a pingInterval and pingTimeout in range";

}  // namespace

TEST_CASE("the packet that our server opens with is read back") {
    auto const upgrades = GENERATE(false, true);
    auto const text = open_packet("lv_VI97HAXpY6yYWAAAC", upgrades, 25000ms, 20000ms, 1'000'000);
    CHECK(text[0] == '0');
    auto const open = decode_open(std::string_view{text}.substr(1)).value;
    REQUIRE(open);
    CHECK(open->sid == "lv_VI97HAXpY6yYWAAAC");
    CHECK(open->upgrades_to_websocket == upgrades);
    CHECK(open->ping_interval == 25s);
    CHECK(open->ping_timeout == 20s);
    CHECK(open->max_payload == 1'000'000);
}

TEST_CASE("older servers say less, and in another order; others say more") {
    auto const old = decode_open(
        R"({"pingTimeout":60000,"pingInterval":25000,"upgrades":["websocket"],"sid":"a\/b"})");
    REQUIRE(old.value);
    CHECK(old.value->sid == "a/b");
    CHECK(old.value->upgrades_to_websocket);
    CHECK(old.value->max_payload == 0);

    auto const more = decode_open(
        R"( {"sid":"a","upgrades":["webtransport",1],"pingInterval":1,"x":{"y":[]},"pingTimeout":2.0} )");
    REQUIRE(more.value);
    CHECK_FALSE(more.value->upgrades_to_websocket);
    CHECK(more.value->ping_timeout == 2ms);
}

TEST_CASE("an open packet that says too little or too much is refused") {
    for (auto const* text :
         {"", "x", "[]", "null", "{", R"({"sid":"a"}x)", "\xff", R"({"a":[[[[[[[[[]]]]]]]]]})"}) {
        CAPTURE(text);
        CHECK(why(text) == "an open packet that is not an object");
    }
    for (auto const* sid : {"1", "null", R"("")", "[]"})
        CHECK(why(R"({"pingInterval":1,"pingTimeout":1,"sid":)"s + sid + "}") ==
              "an open packet without a sid");
    CHECK(why(R"({"pingInterval":1,"pingTimeout":1})") == "an open packet without a sid");
    for (auto const* time : {"0", "-1", "1.5", "86400001", "1e99", R"("1")", "null"}) {
        CAPTURE(time);
        CHECK(why(R"({"sid":"a","pingTimeout":1,"pingInterval":)"s + time + "}") == no_times);
        CHECK(why(R"({"sid":"a","pingInterval":1,"pingTimeout":)"s + time + "}") == no_times);
    }
    CHECK(why(R"({"sid":"a","pingInterval":1})") == no_times);
    CHECK(why(R"({"sid":"a","pingInterval":86400000,"pingTimeout":1})").empty());
    for (auto const* bytes : {"-1", "1.5", R"("1")", "null", "1e99"})
        CHECK(why(R"({"sid":"a","pingInterval":1,"pingTimeout":1,"maxPayload":)"s + bytes + "}") ==
              "a maxPayload that is not a number of bytes");
}

TEST_CASE("an open packet is read within its limits") {
    auto const of_sid = [](std::size_t n) {
        return R"({"pingInterval":1,"pingTimeout":1,"sid":")" + std::string(n, 's') + "\"}";
    };
    CHECK(why(of_sid(256)).empty());
    CHECK(why(of_sid(257)) == "a sid over the limit");
    CHECK(why(of_sid(65536)) == "an open packet over the limit");
    CHECK(why(of_sid(4), {.max_sid = 3}) == "a sid over the limit");
}

TEST_CASE("what our server refuses with is read back") {
    for (unsigned code = 0; code <= 5; ++code) {
        auto const why = static_cast<refusal>(code);
        auto const read = decode_refusal(refusal_json(why));
        REQUIRE(read);
        CHECK(read->why == why);
        CHECK(read->message == message_of(why));
    }
    auto const own = decode_refusal(refusal_json(refusal::forbidden, "no \"entry\""));
    REQUIRE(own);
    CHECK(own->message == "no \"entry\"");
    auto const text = std::string(255, 'x') + "\xc3\xa9";
    CHECK(decode_refusal(refusal_json(refusal::forbidden, text))->message == std::string(255, 'x'));
}

TEST_CASE("what is not a refusal is not read as one") {
    for (auto const* body : {"",
                             "<html>",
                             "{}",
                             R"({"code":6,"message":"x"})",
                             R"({"code":-1,"message":"x"})",
                             R"({"code":"1","message":"x"})",
                             R"({"code":1})",
                             R"({"code":1,"message":1})",
                             R"([1,"x"])"}) {
        CAPTURE(body);
        CHECK_FALSE(decode_refusal(body));
    }
    CHECK_FALSE(decode_refusal(refusal_json(refusal::forbidden, std::string(4096, 'x'))));
}

TEST_CASE("a query is that of the browser clients") {
    CHECK(written({.transport = "polling", .cache_buster = "abc123"}) ==
          "EIO=4&transport=polling&t=abc123");
    CHECK(written({.transport = "websocket", .sid = "lv_VI97HAXpY6yYWAAAC"}) ==
          "EIO=4&transport=websocket&sid=lv_VI97HAXpY6yYWAAAC");
    CHECK(written({.protocol = revision::v3, .transport = "polling", .b64 = true}) ==
          "EIO=3&transport=polling&b64=1");
    CHECK(written({.transport = "polling", .application = "token=x%20y&EIO=3"}) ==
          "token=x%20y&EIO=3&EIO=4&transport=polling");
}

TEST_CASE("a query is read back, whatever is in it") {
    auto const sid = "a b&c=d%+\xc3\xa9/\r\n"s;
    auto const text = written({.transport = "poll ing",
                               .sid = sid,
                               .b64 = true,
                               .application = "sid=other&transport=none&EIO=3&"});
    CHECK(text.find_first_of(" \r\n") == text.npos);
    auto const read = parse_query(text);
    CHECK(read.sid == sid);
    CHECK(read.transport == "poll ing");
    CHECK(read.v4);
    CHECK(read.has_b64);
}

TEST_CASE("the probe is packets of the protocol") {
    std::string scratch;
    auto const type = [&](std::string_view text) {
        auto const p = decode_frame(revision::v4, text, false, scratch);
        return std::pair{p->type, std::string{p->data}};
    };
    CHECK(type(probe_packet) == std::pair{packet_type::ping, "probe"s});
    CHECK(type(probe_answer) == std::pair{packet_type::pong, "probe"s});
    CHECK(type(upgrade_packet) == std::pair{packet_type::upgrade, ""s});
    CHECK(type(close_packet) == std::pair{packet_type::close, ""s});
    CHECK(type(ping_packet) == std::pair{packet_type::ping, ""s});
    CHECK(type(pong_packet) == std::pair{packet_type::pong, ""s});
}

TEST_CASE("a body's content type says which of v3's formats it is in") {
    CHECK(is_binary_content("application/octet-stream"));
    CHECK(is_binary_content("Application/Octet-Stream ; x=y"));
    CHECK(is_binary_content(post_content_type(true)));
    CHECK_FALSE(is_binary_content(post_content_type(false)));
    CHECK_FALSE(is_binary_content(""));
    CHECK_FALSE(is_binary_content("application/octet-streams"));
}

TEST_CASE("a client's POST reads as its server reads it") {
    std::vector<outgoing> const v4{{"4h\xc3\xa9", false}, {"\x01\x02\x03\xff", true}};
    std::string body;
    append_payload(body, revision::v4, v4);
    CHECK(body ==
          "4h\xc3\xa9\x1e"
          "bAQID/w==");

    std::vector<outgoing> const v3{{"4\xe2\x82\xac", false}, {"4\xf0\x9f\x98\x80", false}};
    body.clear();
    append_payload(body, revision::v3, v3);
    CHECK(body ==
          "2:4\xe2\x82\xac"
          "3:4\xf0\x9f\x98\x80");

    std::string base64;
    append_base64_packet(base64, revision::v3, "\x01\x02\x03\xff");
    body.clear();
    std::vector<outgoing> const coded{{base64, false}};
    append_payload(body, revision::v3, coded);
    CHECK(body == "10:b4AQID/w==");
}

TEST_CASE("no more packets go into a POST than the server takes, but always one") {
    auto const r = GENERATE(revision::v4, revision::v3);
    auto const bytes = r == revision::v3 ? "\x04\x01\x02"s : "\x01\x02"s;
    std::vector<outgoing> packets{{"4hello", false}, {"4\xe2\x82\xac", false}};
    auto const with_bytes = GENERATE(false, true);
    if (with_bytes) packets.push_back({bytes, true});
    std::string const long_text = "4" + std::string(100, 'x');
    packets.push_back({long_text, false});

    CHECK(count_fitting(r, packets, 0) == packets.size());
    for (std::uint64_t limit = 1; limit < 200; ++limit) {
        auto const n = count_fitting(r, packets, limit);
        CAPTURE(limit, n);
        REQUIRE(n >= 1);
        if (n > 1) CHECK(size_of(r, packets, n) <= limit);
        // The next would not have fit, counted as the whole list is written.
        if (n < packets.size() && (r == revision::v4 || !with_bytes))
            CHECK(size_of(r, packets, n + 1) > limit);
    }
}

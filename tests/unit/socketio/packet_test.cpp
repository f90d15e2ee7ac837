#include "socketio/packet.hpp"

#include "support/socketio_packets.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

using namespace anywire::socketio::wire;
using namespace anywire::test;

TEST_CASE("a packet is taken apart into type, attachments, namespace, id and payload") {
    auto const p = decode(R"(52-/admin,456["project:delete",{"_placeholder":true,"num":0}])").value;
    REQUIRE(p);
    CHECK(p->type == packet_type::binary_event);
    CHECK(p->attachments == 2);
    CHECK(p->nsp == "/admin");
    CHECK(p->query.empty());
    CHECK(p->id == 456);
    CHECK(p->payload == R"(["project:delete",{"_placeholder":true,"num":0}])");
    CHECK(p->event == "project:delete");
}

TEST_CASE("what may be left out may be left out") {
    auto const p = decode(R"(2["hello"])").value;
    REQUIRE(p);
    CHECK(p->type == packet_type::event);
    CHECK(p->nsp == "/");
    CHECK_FALSE(p->id);
    CHECK(p->attachments == 0);
    CHECK(decode("0").value->payload.empty());
    CHECK(decode("1").value->type == packet_type::disconnect);
    CHECK(decode("312[]").value->id == 12);
    CHECK(decode("312").value->payload.empty());
    CHECK(decode("3[]").value->id == std::nullopt);
}

TEST_CASE("a type other than 0 to 6 is refused, a space included") {
    for (auto const* text : {"", "7", "9[]", " ", " [\"x\"]", "a", "-1", "\xc3\xa9", "[\"x\"]"}) {
        CAPTURE(text);
        CHECK(refused(text));
    }
    CHECK(refused(std::string_view("\0", 1)));
}

TEST_CASE("a binary packet says in digits how many attachments follow, from 1 to the limit") {
    auto const text = GENERATE(as<std::string>{},
                               R"(5["x"])",
                               R"(5-["x"])",
                               R"(51["x"])",
                               R"(50-["x"])",
                               R"(500-["x"])",
                               R"(51.0-["x"])",
                               R"(51e0-["x"])",
                               R"(5+1-["x"])",
                               R"(5 1-["x"])",
                               R"(5-1-["x"])",
                               R"(51 -["x"])",
                               R"(51,["x"])",
                               R"(511-["x"])",
                               R"(59999999-["x"])",
                               R"(518446744073709551617-["x"])",
                               R"(5x-["x"])",
                               "5",
                               "51",
                               "6",
                               "60-[]",
                               "61[]",
                               "611-[]",
                               "6/a,1-[]");
    CAPTURE(text);
    CHECK(refused(text));
}

TEST_CASE("as many attachments as allowed are accepted") {
    CHECK(decode(R"(510-["x"])").value->attachments == 10);
    CHECK(decode(R"(61-[])").value->type == packet_type::binary_ack);
    CHECK(decode(R"(51234-["x"])", protocol::v5, {.max_attachments = 1234}).value->attachments ==
          1234);
    CHECK(refused(R"(51-)"));
}

TEST_CASE("a namespace ends at the comma or with the packet") {
    CHECK(decode("0/a").value->nsp == "/a");
    CHECK(decode("0/a,").value->nsp == "/a");
    CHECK(decode("1/admin,").value->nsp == "/admin");
    CHECK(decode("0/,").value->nsp == "/");
    CHECK(decode("0/").value->nsp == "/");
    CHECK(decode("0/a#b/c,{}").value->nsp == "/a#b/c");
    CHECK(decode(R"(0/a{"b":1})").value->nsp == R"(/a{"b":1})");
    CHECK(refused(R"(2/a["x"])"));  // all of it is the name: an event with no payload
    CHECK(refused(R"(2,["x"])"));
    CHECK(refused(R"(2a,["x"])"));
}

TEST_CASE("the name of a namespace is bounded, and is text") {
    auto const longest = "/" + repeated("n", 255);
    CHECK(decode("0" + longest).value->nsp == longest);
    CHECK(refused("0" + longest + "n"));
    CHECK(refused("0/" + repeated("n", 1'000'000) + ","));
    CHECK(decode("0/abc", protocol::v5, {.max_namespace = 4}).value);
    CHECK_FALSE(decode("0/abcd", protocol::v5, {.max_namespace = 4}).value);
    CHECK(refused("0/\xff,"));
    CHECK(accepted("0/\xc3\xa9,"));
}

TEST_CASE("what follows a question mark is a query in v4 and part of the name in v5") {
    auto const v4 = decode("0/nsp?token=abc&x=%2C,", protocol::v4).value;
    REQUIRE(v4);
    CHECK(v4->nsp == "/nsp");
    CHECK(v4->query == "token=abc&x=%2C");
    auto const event = decode(R"(2/nsp?token=abc,1["x"])", protocol::v4).value;
    REQUIRE(event);
    CHECK(event->nsp == "/nsp");
    CHECK(event->id == 1);
    CHECK(decode("0/?a=b?c", protocol::v4).value->query == "a=b?c");
    CHECK(decode("0/?a", protocol::v4).value->nsp == "/");

    auto const v5 = decode("0/nsp?token=abc,").value;
    CHECK(v5->nsp == "/nsp?token=abc");
    CHECK(v5->query.empty());
}

TEST_CASE("an id is digits that fit 64 bits") {
    CHECK(decode(R"(20["x"])").value->id == 0);
    CHECK(decode(R"(2007["x"])").value->id == 7);
    CHECK(decode(R"(218446744073709551615["x"])").value->id ==
          std::numeric_limits<std::uint64_t>::max());
    CHECK(refused(R"(218446744073709551616["x"])"));
    CHECK(refused(R"(299999999999999999999["x"])"));
    CHECK(refused(R"(21.0["x"])"));
    CHECK(refused(R"(2-1["x"])"));
    CHECK(decode("0/a,7").value->id == 7);
}

TEST_CASE("a million digits are refused as fast as they are read") {
    auto const digits = repeated("2", 1'000'000);
    for (auto const* type : {"2", "3", "5", "6", "0", "1"}) {
        CHECK(refused(type + digits));
        CHECK(refused(type + digits + R"(["x"])"));
    }
    CHECK(refused("5" + digits + R"(-["x"])"));
    CHECK(decode("2" + repeated("0", 1'000'000) + R"(["x"])").value->id == 0);
    CHECK(decode("5" + repeated("0", 1'000'000) + R"(1-["x"])").value->attachments == 1);
}

TEST_CASE("a payload is JSON with nothing after it") {
    auto const payload = GENERATE(as<std::string>{},
                                  "[",
                                  "[\"x\"",
                                  "[\"x\",]",
                                  "[\"x\"]]",
                                  "[\"x\"] 1",
                                  "['x']",
                                  "[\"x\",undefined]",
                                  "[\"x\",NaN]",
                                  "[\"x\",01]",
                                  "[\"x\n\"]",
                                  "x",
                                  " ",
                                  "\xef\xbb\xbf[\"x\"]");
    CAPTURE(payload);
    for (auto const* type : {"0", "2", "3", "4", "51-", "61-", "2/a,", "212"})
        CHECK(refused(type + payload));
}

TEST_CASE("space around a payload does not count") {
    auto const p = decode("2 [ \"x\" ]\n").value;
    REQUIRE(p);
    CHECK(p->payload == "[ \"x\" ]");
    CHECK(p->event == "x");
}

TEST_CASE("a payload nested deeper than the limit is refused") {
    CHECK(accepted("2[\"x\"," + nested(127) + "]"));
    CHECK(refused("2[\"x\"," + nested(128) + "]"));
    CHECK(refused("21[\"echo\"," + nested(5000) + "]"));
    CHECK(refused("2[\"x\"," + repeated("{\"a\":", 5000) + "1" + repeated("}", 5000) + "]"));
    CHECK(refused("3" + repeated("[", 1'000'000)));
    CHECK_FALSE(decode("2[\"x\",[[]]]", protocol::v5, {.max_depth = 2}).value);
    // However high the limit is set.
    CHECK_FALSE(decode("2[\"x\"," + nested(600) + "]", protocol::v5, {.max_depth = 1000}).value);
}

TEST_CASE("a CONNECT holds an object or nothing, in v4 nothing") {
    CHECK(accepted(R"(0{"token":"abc"})"));
    CHECK(accepted(R"(0/admin,{"token":"abc"})"));
    CHECK(accepted("0{}"));
    CHECK(accepted("0"));
    CHECK_FALSE(accepted("0{}", protocol::v4));
    CHECK(accepted("0", protocol::v4));
    for (auto const* text : {"0[]", "0null", "0\"a\"", "0true", "0/a,[]", "0/a,1.5"}) {
        CAPTURE(text);
        CHECK(refused(text));
    }
}

TEST_CASE("a DISCONNECT holds nothing") {
    CHECK(accepted("1"));
    CHECK(accepted("1/a"));
    for (auto const* text : {"1{}", "1[]", "1/a,{}", "1null", "1 ", "1\"x\""}) {
        CAPTURE(text);
        CHECK(refused(text));
    }
}

TEST_CASE("an event is an array led by a string or a number") {
    auto const text = GENERATE(as<std::string>{},
                               "2",
                               "2/a,",
                               "21",
                               "51-",
                               "2{}",
                               "2\"x\"",
                               "2null",
                               "2[]",
                               "2[null]",
                               "2[true]",
                               "2[{}]",
                               "2[[]]",
                               R"(2[{"toString":"x"}])",
                               R"(2[["x"]])",
                               R"(51-[{"_placeholder":true,"num":0}])",
                               R"(51-[{"_placeholder":true,"num":0},"x"])");
    CAPTURE(text);
    CHECK(refused(text));
}

TEST_CASE("an event's name is decoded; of a number it is the text") {
    CHECK(decode(R"(2[""])").value->event.empty());
    CHECK(decode("2[1]").value->event == "1");
    CHECK(decode("2[ -1.5e3 , 2]").value->event == "-1.5e3");
    CHECK(decode(R"(2["\u00e9\n\ud83d\ude00"])").value->event == "\xc3\xa9\n\xf0\x9f\x98\x80");
    CHECK(decode(R"(2["\ud800"])").value->event == "\xef\xbf\xbd");
    CHECK(decode(R"(2["__proto__"])").value->event == "__proto__");
}

TEST_CASE("reserved names are refused, however they are written; others are ordinary") {
    for (auto const* name : {"connect",
                             "connect_error",
                             "disconnect",
                             "disconnecting",
                             "newListener",
                             "removeListener",
                             "\\u0063onnect"}) {
        CAPTURE(name);
        CHECK(refused("2[\"" + std::string(name) + "\"]"));
        CHECK(refused("51-[\"" + std::string(name) + "\",1]"));
    }
    for (auto const* name : {"error", "connection", "message", "Connect", "connect "}) {
        CAPTURE(name);
        CHECK(accepted("2[\"" + std::string(name) + "\"]"));
        CHECK(accepted("2[\"" + std::string(name) + "\"]", protocol::v4));
    }
}

TEST_CASE("an ACK is an array or nothing") {
    CHECK(accepted("31[]"));
    CHECK(accepted("31[null,{}]"));
    CHECK(accepted("31"));
    CHECK(accepted("61-1[{\"_placeholder\":true,\"num\":0}]"));
    CHECK(accepted("31[\"connect\"]"));
    for (auto const* text : {"31{}", "31\"x\"", "31null", "61-1{}"}) {
        CAPTURE(text);
        CHECK(refused(text));
    }
}

TEST_CASE("a CONNECT_ERROR is an object or a string; v4's ERROR is any JSON") {
    CHECK(accepted(R"(4{"message":"Invalid namespace"})"));
    CHECK(accepted(R"(4/a,"no")"));
    for (auto const* text : {"4", "4/a,", "4[]", "4null", "4true", "4/a,-1.5"}) {
        CAPTURE(text);
        CHECK_FALSE(accepted(text));
        CHECK(accepted(text, protocol::v4));
    }
    CHECK(accepted(R"(4/no,{"code":7})", protocol::v4));
    CHECK(accepted(R"(4/no,"refused")", protocol::v4));
}

TEST_CASE("a head is written as it is read") {
    CHECK(head(packet_type::connect, "/", {}, 0) == "0");
    CHECK(head(packet_type::disconnect, "/admin", {}, 0) == "1/admin,");
    CHECK(head(packet_type::event, "/", 0, 0) == "20");
    CHECK(head(packet_type::binary_event, "/a", 12, 3) == "53-/a,12");
    CHECK(head(packet_type::binary_ack, "/", 18446744073709551615u, 1) ==
          "61-18446744073709551615");
    CHECK(head(packet_type::connect_error, "/no", {}, 0) == "4/no,");
}

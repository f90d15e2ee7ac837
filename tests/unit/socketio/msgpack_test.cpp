// MessagePack as socket.io-msgpack-parser has it, and JSON with bytes beside it.
#include "socketio/msgpack.hpp"

#include <anywire/socketio/parser.hpp>

#include <catch2/catch.hpp>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

using namespace anywire::socketio;
using strings = std::vector<std::string>;
using namespace std::string_literals;

namespace {

std::string bytes(std::initializer_list<unsigned> all) {
    std::string out;
    for (auto const b : all) out.push_back(static_cast<char>(b));
    return out;
}

std::string packed(std::string_view json, strings const& attachments = {}) {
    std::string out;
    msgpack::append_json(out, json, attachments);
    return out;
}

struct unpacked {
    explicit unpacked(std::string_view from, msgpack::limits const& most = {})
        : wrong(msgpack::to_json(from, most, json, attachments)) {}

    std::string json{};
    strings attachments{};
    std::string_view wrong{};
};

// What is read where all is well, else the complaint.
std::string read(std::string_view from, msgpack::limits const& most = {}) {
    unpacked const u(from, most);
    return u.wrong.empty() ? u.json : "wrong: " + std::string(u.wrong);
}

constexpr auto broken = "wrong: bytes that are no MessagePack";

std::string_view complaint(std::string const& message, decoded_packet& out) {
    return msgpack_parser()->decode(message, {}, out);
}
std::string_view complaint(std::string const& message) {
    decoded_packet out;
    return complaint(message, out);
}

// A packet with these members, each key and value encoded already.
std::string packet_of(std::initializer_list<std::pair<char const*, std::string>> members) {
    std::string out;
    msgpack::append_map_head(out, static_cast<std::uint32_t>(members.size()));
    for (auto const& [key, value] : members) {
        msgpack::append_string(out, key);
        out += value;
    }
    return out;
}

}  // namespace

TEST_CASE("integers take as few bytes as there are") {
    CHECK(packed("0") == bytes({0}));
    CHECK(packed("127") == bytes({0x7f}));
    CHECK(packed("128") == bytes({0xcc, 0x80}));
    CHECK(packed("256") == bytes({0xcd, 1, 0}));
    CHECK(packed("65536") == bytes({0xce, 0, 1, 0, 0}));
    CHECK(packed("4294967296") == bytes({0xcf, 0, 0, 0, 1, 0, 0, 0, 0}));
    CHECK(packed("-1") == bytes({0xff}));
    CHECK(packed("-32") == bytes({0xe0}));
    CHECK(packed("-33") == bytes({0xd0, 0xdf}));
    CHECK(packed("-129") == bytes({0xd1, 0xff, 0x7f}));
    CHECK(packed("-32769") == bytes({0xd2, 0xff, 0xff, 0x7f, 0xff}));
    CHECK(packed("-2147483649") == bytes({0xd3, 0xff, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff}));
    CHECK(packed("1e3") == bytes({0xcd, 3, 0xe8}));
    for (auto const* same :
         {"0",      "127",    "128",         "255",         "256",
          "65535",  "65536",  "4294967295",  "4294967296",  "18446744073709551615",
          "-1",     "-32",    "-33",         "-128",        "-129",
          "-32768", "-32769", "-2147483648", "-2147483649", "-9223372036854775808"})
        CHECK(read(packed(same)) == same);
}

TEST_CASE("other numbers are doubles, as near as JavaScript has them") {
    CHECK(packed("1.5") == bytes({0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0}));
    CHECK(read(packed("-0.1")) == "-0.1");
    CHECK(read(bytes({0xca, 0x3f, 0xc0, 0, 0})) == "1.5");
    // JSON knows no infinity: it is one here, and null where it comes back.
    CHECK(packed("-1e999") == bytes({0xcb, 0xff, 0xf0, 0, 0, 0, 0, 0, 0}));
    CHECK(read(packed("1e999")) == "null");
    CHECK(read(bytes({0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0})) == "null");
}

TEST_CASE("strings are UTF-8, whatever they were written as") {
    CHECK(packed(R"("a\u00e9\n")") == bytes({0xa4, 'a', 0xc3, 0xa9, '\n'}));
    CHECK(packed(R"("")") == bytes({0xa0}));
    for (auto const n : {31u, 32u, 255u, 256u, 65535u, 65536u}) {
        auto const json = '"' + std::string(n, 'x') + '"';
        auto const head = n < 32 ? 1u : n < 256 ? 2u : n < 65536 ? 3u : 5u;
        CHECK(packed(json).size() == n + head);
        CHECK(read(packed(json)) == json);
    }
    CHECK(read(bytes({0xa2, 0xff, 'a'})) ==
          "\"\xef\xbf\xbd"
          "a\"");
}

TEST_CASE("arrays and objects know their sizes before what is in them") {
    CHECK(packed("[]") == bytes({0x90}));
    CHECK(packed("{}") == bytes({0x80}));
    CHECK(packed(R"( [ 1 , [ ] , { "a" : [ null , true , false ] } ] )") ==
          bytes({0x93, 1, 0x90, 0x81, 0xa1, 'a', 0x93, 0xc0, 0xc3, 0xc2}));
    for (auto const n : {15u, 16u, 65535u, 65536u}) {
        std::string list("[1");
        std::string object(R"({"k":1)");
        for (auto i = 1u; i < n; ++i) {
            list += ",1";
            object += R"(,"k":1)";
        }
        list += ']';
        object += '}';
        auto const head = n < 16 ? 1u : n < 65536 ? 3u : 5u;
        CHECK(packed(list).size() == n + head);
        CHECK(packed(object).size() == 3 * n + head);
        CHECK(read(packed(list)) == list);
        CHECK(read(packed(object)) == object);
    }
}

TEST_CASE("bytes stand in their places") {
    auto const json = R"([{"_placeholder":true,"num":1},{"a":{"num":0,"_placeholder":true}}])";
    strings const attachments{"\0x"s, std::string(300, 'y')};
    auto const there = packed(json, attachments);
    CHECK(there.starts_with(bytes({0x92, 0xc5, 1, 44, 'y', 'y'})));
    CHECK(there.ends_with(bytes({0x81, 0xa1, 'a', 0xc4, 2, 0, 'x'})));
    unpacked const back(there);
    CHECK(back.json == R"([{"_placeholder":true,"num":0},{"a":{"_placeholder":true,"num":1}}])");
    CHECK(back.attachments == strings{attachments[1], attachments[0]});
    // Without attachments it is an object like any other.
    CHECK(packed(R"({"_placeholder":true,"num":0})").front() == '\x82');
}

TEST_CASE("what notepack.io knows beyond JSON becomes what JSON.stringify makes of it") {
    auto const undefined = bytes({0xd4, 0, 0});
    CHECK(read(bytes({0x92}) + undefined + bytes({1})) == "[null,1]");
    CHECK(read(bytes({0x82, 0xa1, 'a'}) + undefined + bytes({0xa1, 'b', 1})) == R"({"b":1})");
    auto const date = [](std::int64_t ms) {
        auto out = bytes({0xd7, 0});
        for (int shift = 56; shift >= 0; shift -= 8)
            out.push_back(static_cast<char>(static_cast<std::uint64_t>(ms) >> shift));
        return read(out);
    };
    CHECK(date(0) == R"("1970-01-01T00:00:00.000Z")");
    CHECK(date(1'709'210'096'789) == R"("2024-02-29T12:34:56.789Z")");
    CHECK(date(-1) == R"("1969-12-31T23:59:59.999Z")");
    CHECK(date(253'402'300'800'000) == R"("+010000-01-01T00:00:00.000Z")");
    CHECK(date(-62'167'219'200'001) == R"("-000001-12-31T23:59:59.999Z")");
    CHECK(date(8'640'000'000'000'000) == R"("+275760-09-13T00:00:00.000Z")");
    CHECK(date(8'640'000'000'000'001) == "null");
    CHECK(date(std::numeric_limits<std::int64_t>::min()) == "null");
    // A buffer of its, and an extension of somebody else's.
    CHECK(unpacked(bytes({0xc7, 2, 0, 'a', 'b'})).attachments == strings{"ab"});
    unpacked const other(bytes({0xd5, 7, 'a', 'b'}));
    CHECK(other.json == R"([7,{"_placeholder":true,"num":0}])");
    CHECK(other.attachments == strings{"ab"});
}

TEST_CASE("bytes that end too early, or are none, are nothing") {
    std::string const whole = packed(R"({"a":[1.5,"text",-300,70000,{"b":null}]})");
    for (std::size_t n = 0; n < whole.size(); ++n) {
        CAPTURE(n);
        CHECK(read(whole.substr(0, n)).starts_with("wrong: "));
        auto rest = std::string_view(whole).substr(0, n);
        CHECK_FALSE(msgpack::skip_value(rest));
    }
    std::string_view all = whole;
    CHECK(msgpack::skip_value(all));
    CHECK(all.empty());
    CHECK(read(whole + '\0') == "wrong: bytes after the value");
    CHECK(read(bytes({0xc1})) == broken);
    CHECK(read(bytes({0x81, 1, 2})) == "wrong: a map with a key that is no string");
}

TEST_CASE("a count is not believed before the bytes are there") {
    for (auto const head : {0xdcu, 0xdeu}) CHECK(read(bytes({head, 0xff, 0xff})) == broken);
    for (auto const head : {0xddu, 0xdfu, 0xdbu, 0xc6u})
        CHECK(read(bytes({head, 0xff, 0xff, 0xff, 0xff, 0})) == broken);
    CHECK(read(bytes({0x92, 1})) == broken);
    CHECK(read(bytes({0x81, 0xa0})) == broken);  // a member takes two
    CHECK(read(bytes({0xc9, 0xff, 0xff, 0xff, 0xff, 0})) == broken);
}

TEST_CASE("depth, bytes and how many there are is bounded") {
    auto const nested = [](std::size_t n) { return std::string(n, '\x91') + '\xc0'; };
    CHECK(read(nested(3), {.max_depth = 3}) == "[[[null]]]");
    constexpr auto too_deep = "wrong: a payload that is nested too deep";
    CHECK(read(nested(4), {.max_depth = 3}) == too_deep);
    // Bytes are an object in the JSON, and an extension is that within an array.
    auto const within = [](std::size_t n, std::string const& what) {
        return std::string(n, '\x91') + what;
    };
    auto const some = bytes({0xc4, 1, 'a'});
    auto const extension = bytes({0xd4, 7, 'a'});
    CHECK(read(within(2, some), {.max_depth = 3}) == R"([[{"_placeholder":true,"num":0}]])");
    CHECK(read(within(3, some), {.max_depth = 3}) == too_deep);
    CHECK(read(within(1, extension), {.max_depth = 3}) == R"([[7,{"_placeholder":true,"num":0}]])");
    CHECK(read(within(2, extension), {.max_depth = 3}) == too_deep);
    auto rest = std::string_view{};
    auto const deep = nested(1'000'000);
    rest = deep;
    CHECK(msgpack::skip_value(rest));
    auto const two = bytes({0x92, 0xc4, 1, 'a', 0xc4, 1, 'b'});
    CHECK(unpacked(two, {.max_attachments = 2}).attachments.size() == 2);
    CHECK(read(two, {.max_attachments = 1}) == "wrong: more attachments than allowed");
    auto const text = packed('"' + std::string(100, 'x') + '"');
    CHECK(read(text, {.max_bytes = 102}).size() == 102);
    CHECK(read(text, {.max_bytes = 101}) == "wrong: a packet that is too big");
    auto const data = bytes({0xc4, 100}) + std::string(100, 'x');
    CHECK(read(data, {.max_bytes = 99}) == "wrong: a packet that is too big");
}

TEST_CASE("JSON of any depth is encoded without a stack") {
    std::string const deep = std::string(300'000, '[') + std::string(300'000, ']');
    CHECK(packed(deep) == std::string(299'999, '\x91') + '\x90');
}

TEST_CASE("a packet is a map") {
    std::string out;
    auto const parser = msgpack_parser();
    parser->encode(out, {.kind = packet_kind::event, .payload = R"(["a",1])"});
    CHECK(out ==
          "\x83\xa4type\x02\xa4"
          "data\x92\xa1"
          "a\x01\xa3nsp\xa1/");
    out.clear();
    parser->encode(out, {.kind = packet_kind::ack, .nsp = "/n", .id = 300, .payload = "[]"});
    CHECK(out ==
          "\x84\xa4type\x03\xa4"
          "data\x90\xa3nsp\xa2/n\xa2id\xcd\x01\x2c");
    out.clear();
    parser->encode(out, {.kind = packet_kind::disconnect});
    CHECK(out == "\x82\xa4type\x01\xa3nsp\xa1/");
    CHECK(parser->is_binary());
    CHECK(parser->name() == "socket.io-msgpack-parser");
}

TEST_CASE("a packet is read, its members in any order and others left alone") {
    decoded_packet p;
    auto const message = packet_of({{"options", bytes({0x81, 0xa1, 'c', 0xc3})},
                                    {"id", bytes({7})},
                                    {"nsp", packed(R"("/n")")},
                                    {"data", bytes({0x92, 0xa1, 'e', 0xc4, 1, 'x'})},
                                    {"type", bytes({2})}});
    CHECK(complaint(message, p).empty());
    CHECK(p.kind == packet_kind::event);
    CHECK(p.nsp == "/n");
    CHECK(p.id == 7);
    CHECK(p.payload == R"(["e",{"_placeholder":true,"num":0}])");
    CHECK(p.attachments == strings{"x"});
}

TEST_CASE("what is undefined or null in a packet is not there") {
    for (auto const& absent : {bytes({0xd4, 0, 0}), bytes({0xc0})}) {
        decoded_packet p;
        CHECK(complaint(packet_of({{"type", bytes({0})},
                                   {"data", absent},
                                   {"nsp", packed(R"("/")")},
                                   {"id", absent}}),
                        p)
                  .empty());
        CHECK(p.kind == packet_kind::connect);
        CHECK(p.payload.empty());
        CHECK_FALSE(p.id);
    }
}

TEST_CASE("what is no packet is said to be none") {
    auto const root = packed(R"("/")");
    auto const good = packet_of({{"type", bytes({1})}, {"nsp", root}});
    CHECK(complaint(good).empty());
    CHECK(complaint("") == "a message that is no map of MessagePack");
    CHECK(complaint("0") == "a message that is no map of MessagePack");
    CHECK(complaint(good + "x") == "bytes after the packet");
    CHECK(complaint(bytes({0x81, 1, 2})) == "a map with a key that is no string");
    CHECK(complaint(good.substr(0, good.size() - 1)) == "bytes that are no MessagePack");
    CHECK(complaint(packet_of({{"nsp", root}})) == "an unknown packet type");
    CHECK(complaint(packet_of({{"type", bytes({5})}, {"nsp", root}})) == "an unknown packet type");
    CHECK(complaint(packet_of({{"type", packed("\"2\"")}, {"nsp", root}})) ==
          "an unknown packet type");
    CHECK(complaint(packet_of({{"type", bytes({1})}})) == "a packet without a namespace");
    CHECK(complaint(packet_of({{"type", bytes({1})}, {"nsp", bytes({1})}})) ==
          "a packet without a namespace");
    for (auto const* id : {"-1", "1.5", "\"1\"", "[]"})
        CHECK(complaint(packet_of({{"type", bytes({2})}, {"nsp", root}, {"id", packed(id)}})) ==
              "an id that is no number");
}

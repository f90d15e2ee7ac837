// What a server must not do to a client.
#include "support/socketio_client_fixture.hpp"

#include <catch2/catch.hpp>

namespace anywire::test {

TEST_CASE("bytes that are no packets cost the session", "[socketio_client]") {
    client_script t({.max_attachments = 2, .max_packet_bytes = 60, .max_depth = 3});
    strings heard;
    note_all(t.joined(), heard);
    auto const packets = GENERATE(values<strings>({
        {""},
        {"7"},
        {R"(2{"a":1})"},
        {"2"},
        {R"(2["connect"])"},
        {R"(2["e",[[[1]]]])"},
        {R"(53-["e"])"},
        {R"(50-["e"])"},
        {"bytes x"},
        {R"(51-["e",{"_placeholder":true,"num":0}])", R"(2["e"])"},
        {R"(51-["e",{"_placeholder":true,"num":1}])", "bytes x"},
        {R"(51-["e",{"_placeholder":true,"num":0}])", "bytes " + std::string(80, 'x')},
        {R"(299999999999999999999999["e"])"},
        {R"(0{"sid":1)"},
        {"1[]"},
        {"0/" + std::string(300, 'n')},
    }));
    for (auto const& p : packets) p.starts_with("bytes ") ? t.hear_bytes(p.substr(6)) : t.hear(p);
    REQUIRE(heard == strings{"disconnect parse error"});
    REQUIRE(t.took() == strings{"give up: protocol_error"});
    REQUIRE(t.lines.size() == 1);
}

TEST_CASE("what nobody has asked for is ignored", "[socketio_client]") {
    client_script t;
    strings heard;
    auto& s = t.joined();
    note_all(s, heard);
    auto& other = t.io.socket("/never");
    note_all(other, heard);
    s.on("e", [&] { heard.emplace_back("e"); });
    other.on("e", [&] { heard.emplace_back("never"); });
    for (auto const* const p : {R"(0/x,{"sid":"x"})",
                                R"(2/x,["e"])",
                                "1/x,",
                                R"(4/x,{"message":"x"})",
                                R"(3/x,1[1])",
                                R"(0/never,{"sid":"x"})",
                                R"(2/never,["e"])",
                                R"(4/never,{"message":"x"})",
                                "1/never,",
                                R"(0{"sid":"another"})",
                                R"(4{"message":"late"})",
                                R"(31234567["x"])"})
        t.hear(p);
    REQUIRE(heard.empty());
    REQUIRE(s.id() == "one");
    t.hear(R"(52-/x,["e",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])");
    t.hear_bytes("a");
    t.hear_bytes("b");
    t.hear(R"(2["e"])");
    REQUIRE(heard == strings{"e"});
    REQUIRE(t.took().empty());
}

TEST_CASE("events are heard by who is in only", "[socketio_client]") {
    client_script t;
    strings heard;
    auto& s = t.joined();
    s.on("e", [&] { heard.emplace_back("e"); });
    t.io.socket("/stay").connect();
    s.disconnect();
    t.hear(R"(2["e"])");
    s.connect();
    t.hear(R"(2["e"])");  // kept for when it is in
    REQUIRE(heard.empty());
    t.hear(R"(0{"sid":"two"})");
    REQUIRE(heard == strings{"e"});
}

TEST_CASE("an answer cannot be made of the server's own bytes", "[socketio_client]") {
    client_script t;
    auto& s = t.joined();
    s.on("e", [](sio::arguments all, sio::ack<sio::arguments, std::vector<std::byte>> done) {
        done(all, std::vector<std::byte>(1));
    });
    t.hear(R"(21["e",{"_placeholder":true,"num":5}])");
    REQUIRE(t.took().empty());
    REQUIRE(t.lines.size() == 1);
    REQUIRE(s.is_connected());
}

TEST_CASE("a parser of its own bounds what it reads", "[socketio_client]") {
    auto const parser = sio::msgpack_parser();
    client_script t({.max_depth = 3, .parser = parser});
    strings heard;
    auto& s = t.io.socket("/", {.auth = {{"token", 1}}});
    note_all(s, heard);
    s.on("sum", [](int a, int b, sio::ack<int> done) { done(a + b); });
    s.connect();
    t.open();
    auto const packet = [&](sio::packet_view const& p) {
        std::string bytes;
        parser->encode(bytes, p);
        return bytes;
    };
    auto const sent = t.took();
    REQUIRE(sent.size() == 2);
    REQUIRE(sent[1] ==
            "bytes " + packet({.kind = sio::packet_kind::connect, .payload = R"({"token":1})"}));
    t.hear_bytes(packet({.kind = sio::packet_kind::connect, .payload = R"({"sid":"m"})"}));
    REQUIRE(heard == strings{"connect m"});
    t.hear_bytes(packet({.kind = sio::packet_kind::event, .id = 4, .payload = R"(["sum",1,2])"}));
    REQUIRE(t.took() ==
            strings{"bytes " + packet({.kind = sio::packet_kind::ack, .id = 4, .payload = "[3]"})});
    SECTION("deep") {
        t.hear_bytes(packet({.kind = sio::packet_kind::event, .payload = R"(["e",[[[[1]]]]])"}));
    }
    SECTION("none") {
        t.hear_bytes("\xc1");
    }
    SECTION("text") {
        t.hear(R"(2["sum",1,2])");
    }
    REQUIRE(heard.back() == "disconnect parse error");
}

}  // namespace anywire::test

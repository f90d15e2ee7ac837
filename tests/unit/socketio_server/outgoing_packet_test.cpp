// Packets that many sockets get: their frames in each encoding.
#include "socketio/server/outgoing_packet.hpp"

#include "session/engineio_codec.hpp"

#include <catch2/catch.hpp>

#include <initializer_list>
#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::socketio;
using strings = std::vector<std::string>;

namespace {

auto const& v4 = engineio_codec(engineio::revision::v4, false);
auto const& v3 = engineio_codec(engineio::revision::v3, false);
auto const& v4_base64 = engineio_codec(engineio::revision::v4, true);
auto const& v3_base64 = engineio_codec(engineio::revision::v3, true);

strings texts(frame_list const& frames) {
    strings all;
    for (auto const& f : frames) all.emplace_back(f->text());
    return all;
}

socketio::detail::encoded binary_event() {
    return {R"(["e",{"_placeholder":true,"num":0}])", {std::string("\0\1\2", 3)}};
}

}  // namespace

TEST_CASE("a packet of text is one frame, the same for all encodings and receivers") {
    outgoing_packet const p("/", std::nullopt, {R"(["e",1])", {}}, true);
    auto const first = p.frames(v4);
    CHECK(texts(first) == strings{R"(42["e",1])"});
    for (auto const* how : {&v3, &v4_base64, &v3_base64})
        CHECK(p.frames(*how).front().get() == first.front().get());
    CHECK(std::string(p.payload()) == R"(["e",1])");
    CHECK(p.bytes() == first.front()->cost());
}

TEST_CASE("a namespace and an id stand in the head") {
    outgoing_packet const p("/n", 12, {R"(["e"])", {}}, true);
    CHECK(texts(p.frames(v4)) == strings{R"(42/n,12["e"])"});
    CHECK(std::string(p.payload()) == R"(["e"])");
}

TEST_CASE("attachments follow as each encoding wants them, made once") {
    outgoing_packet const p("/", std::nullopt, binary_event(), false);
    auto const head = R"(451-["e",{"_placeholder":true,"num":0}])";
    CHECK(texts(p.frames(v4)) == strings{head, std::string("\0\1\2", 3)});
    CHECK(texts(p.frames(v3)) == strings{head, std::string("\4\0\1\2", 4)});
    CHECK(texts(p.frames(v4_base64)) == strings{head, "bAAEC"});
    CHECK(texts(p.frames(v3_base64)) == strings{head, "b4AAEC"});
    auto const again = p.frames(v4);
    CHECK(again[1].get() == p.frames(v4)[1].get());
    CHECK(again[1]->is_attachment());
    CHECK_FALSE(again[0]->is_attachment());
    CHECK(again[0]->is_uncompressed());
    CHECK(again[1]->is_uncompressed());
    CHECK(p.attachments() == strings{std::string("\0\1\2", 3)});
    CHECK(p.bytes() >= again[0]->cost() + 3);
}

TEST_CASE("an offset is one more argument, for clients that can recover only") {
    for (auto binary : {false, true}) {
        outgoing_packet const p("/",
                                std::nullopt,
                                binary ? binary_event() : socketio::detail::encoded{R"(["e"])", {}},
                                true,
                                "4z");
        auto const plain =
            binary ? std::string(R"(451-["e",{"_placeholder":true,"num":0}])") : R"(42["e"])";
        auto const with = plain.substr(0, plain.size() - 1) + R"(,"4z"])";
        CHECK(texts(p.frames(v4)).front() == with);
        CHECK(texts(p.frames(v4_base64)).front() == with);
        CHECK(texts(p.frames(v3)).front() == plain);
        CHECK(texts(p.frames(v3_base64)).front() == plain);
        CHECK(std::string(p.payload()) == plain.substr(plain.find('[')));
    }
}

TEST_CASE("a packet for one receiver is made of the same parts") {
    auto const frames = make_frames(nullptr,
                                    wire::packet_type::ack,
                                    "/n",
                                    3,
                                    {R"([{"_placeholder":true,"num":0}])", {"x"}},
                                    v4,
                                    true);
    CHECK(texts(frames) == strings{R"(461-/n,3[{"_placeholder":true,"num":0}])", "x"});
    CHECK_FALSE(frames[0]->is_uncompressed());
    CHECK(std::string(
              make_text_frame(wire::packet_type::connect, "/", std::nullopt, 0, {})->text()) ==
          "40");
}

TEST_CASE("a parser makes one message of a packet, once for all encodings of it") {
    auto const parser = msgpack_parser();
    outgoing_packet const p("/n", 7, binary_event(), false, "4z", parser.get());
    auto const message = std::string(
                             "\x84\xa4type\x02\xa4"
                             "data\x93\xa1"
                             "e\xc4\x03",
                             17) +
                         std::string("\0\1\2", 3) +
                         "\xa2"
                         "4z\xa3nsp\xa2/n\xa2id\x07";
    CHECK(texts(p.frames(v4)) == strings{message});
    CHECK(p.only_frame(v4).get() == p.frames(v4).front().get());
    CHECK(p.only_frame(v4)->kind() == frame_kind::binary);
    CHECK(p.only_frame(v4)->is_uncompressed());
    CHECK(p.only_frame(v4)->is_shared());
    CHECK_FALSE(p.only_frame(v4)->is_attachment());
    CHECK(p.only_frame(v4_base64)->text().starts_with('b'));
    // What listeners hear of it is the event without the offset.
    CHECK(std::string(p.payload()) == R"(["e",{"_placeholder":true,"num":0}])");
    CHECK(p.attachments().size() == 1);
    CHECK(p.bytes() > message.size() + p.payload().size());
    auto const own =
        make_frames(parser.get(), wire::packet_type::ack, "/", 3, {"[]", {}}, v4, false);
    CHECK(texts(own) == strings{"\x84\xa4type\x03\xa4"
                                "data\x90\xa3nsp\xa1/\xa2id\x03"});
    CHECK(own.front()->is_uncompressed());
}

TEST_CASE("a key is on the one frame of a packet, whatever encodes it") {
    auto const parser = msgpack_parser();
    outgoing_packet text("/", std::nullopt, {R"(["e",1])", {}}, true);
    text.set_key(7);
    CHECK(text.only_frame(v4)->key() == 7);
    CHECK(text.only_frame(v3)->key() == 7);
    outgoing_packet parsed("/", std::nullopt, binary_event(), true, {}, parser.get());
    parsed.set_key(8);
    CHECK(parsed.only_frame(v4)->key() == 8);
    CHECK(parsed.only_frame(v4_base64)->key() == 8);
    outgoing_packet pieces("/", std::nullopt, binary_event(), true);
    pieces.set_key(9);
    CHECK(pieces.frames(v4).front()->key() == 0);
    outgoing_packet none("/", std::nullopt, {R"(["e",1])", {}}, true);
    none.set_key(0);
    CHECK(none.only_frame(v4)->key() == 0);
}

TEST_CASE("an event is in pieces where bytes go beside its text") {
    auto const parser = msgpack_parser();
    emit_flags latest;
    latest.key = "k";
    CHECK(has_pieces(latest, binary_event(), nullptr));
    CHECK_FALSE(has_pieces(latest, binary_event(), parser.get()));
    CHECK_FALSE(has_pieces(latest, {R"(["e",1])", {}}, nullptr));
    CHECK_FALSE(has_pieces({}, binary_event(), nullptr));
    latest.is_volatile = true;
    CHECK_FALSE(has_pieces(latest, binary_event(), nullptr));
}

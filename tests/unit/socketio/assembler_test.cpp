#include "socketio/assembler.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace anywire::socketio::wire;
using step = assembler::step;

namespace {

using strings = std::vector<std::string>;

}  // namespace

TEST_CASE("a packet is complete with its last attachment") {
    assembler a;
    CHECK_FALSE(a.awaiting());
    a.begin("52-[\"x\"]", 2);
    CHECK(a.awaiting());
    CHECK(a.add("one") == step::more);
    CHECK(a.awaiting());
    CHECK(a.add(std::string("\0two", 4)) == step::complete);
    CHECK_FALSE(a.awaiting());
    CHECK(a.text() == "52-[\"x\"]");
    CHECK(a.take_attachments() == strings{"one", std::string("\0two", 4)});
}

TEST_CASE("what is held does not borrow from what it was made of") {
    auto text = std::string(R"(51-/admin?a=b,7["x",{"_placeholder":true,"num":0}])");
    auto const copy = text;
    auto const p = decode_packet(text, protocol::v4, {}).value;
    REQUIRE(p);
    assembler a;
    a.begin(text, *p);
    text.assign(text.size(), '!');
    auto b = std::move(a);
    CHECK(b.text() == copy);
    CHECK(b.head().nsp == "/admin");
    CHECK(b.head().query == "a=b");
    CHECK(b.head().id == 7);
    CHECK(b.head().event == "x");
    CHECK(b.head().payload == R"(["x",{"_placeholder":true,"num":0}])");
    CHECK(b.add({}) == step::complete);
    CHECK(b.attachments() == strings{""});
}

TEST_CASE("the root namespace and no payload are held, too") {
    assembler a;
    auto const p = decode_packet("61-", protocol::v5, {}).value;
    REQUIRE(p);
    a.begin("61-", *p);
    CHECK(a.head().nsp == "/");
    CHECK(a.head().payload.empty());
    CHECK(a.head().query.empty());
}

TEST_CASE("more bytes than allowed are given up, the text counted") {
    assembler a(10);
    a.begin("12345", 3);
    CHECK(a.add("123") == step::more);
    CHECK(a.add("12") == step::more);
    CHECK(a.add("1") == step::too_big);
    CHECK_FALSE(a.awaiting());
    CHECK(a.text().empty());

    a.begin("12345", 1);
    CHECK(a.add("12345") == step::complete);
    a.begin("12345678901", 1);
    CHECK(a.add("") == step::too_big);
}

TEST_CASE("an idle assembler is a pointer and its limit, and holds nothing after a reset") {
    STATIC_REQUIRE(sizeof(assembler) == 2 * sizeof(void*));
    assembler a;
    CHECK(a.text().empty());
    CHECK(a.attachments().empty());
    CHECK(a.take_attachments().empty());
    CHECK(a.head().attachments == 0);
    a.begin("51-[\"x\"]", 1);
    a.reset();
    CHECK_FALSE(a.awaiting());
    CHECK(a.text().empty());
    a.begin("51-[\"y\"]", 1);
    CHECK(a.add("z") == step::complete);
    CHECK(a.text() == "51-[\"y\"]");
}

#include "stomp/frame_writer.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace anywire::stomp;
using namespace std::string_literals;

namespace {

std::string write(version v, command c, std::string const& name, std::string const& value) {
    std::string out;
    frame_writer(out, c, v).add(name, value).finish();
    return out;
}

}  // namespace

TEST_CASE("a frame with a body says how long that is") {
    std::string out;
    frame_writer(out, command::message, version::v1_2)
        .add("subscription", "0")
        .add("empty", "")
        .finish("a\0b"s);
    CHECK(out == "MESSAGE\nsubscription:0\nempty:\ncontent-length:3\n\na\0b\0"s);
    out.clear();
    frame_writer(out, command::receipt, version::v1_2).finish();
    CHECK(out == "RECEIPT\n\n\0"s);
}

TEST_CASE("values make no other header and no other frame") {
    auto const evil = "a\nb:c\rd\0e\\"s;
    CHECK(write(version::v1_2, command::message, "n\n:x", evil) ==
          "MESSAGE\nn\\n\\cx:a\\nb\\cc\\rd e\\\\\n\n\0"s);
    CHECK(write(version::v1_1, command::message, "n\n:x", evil) ==
          "MESSAGE\nn\\n\\cx:a\\nb\\cc d e\\\\\n\n\0"s);
    CHECK(write(version::v1_0, command::message, "n\n:x", evil) ==
          "MESSAGE\nn  x:a b:c d e\\\n\n\0"s);
    CHECK(write(version::v1_2, command::connected, "n\n:x", evil) ==
          "CONNECTED\nn  x:a b:c d e\\\n\n\0"s);
}

#include "socketio/connect.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>

using namespace anywire::socketio::wire;
using namespace std::literals;

namespace {

std::string joining(protocol revision, std::string_view nsp, std::string_view auth = {}) {
    std::string out;
    append_connect(out, revision, nsp, auth);
    auto const read = decode_packet(out, revision, {});
    REQUIRE(read.value);
    CHECK(read.value->type == packet_type::connect);
    CHECK(read.value->nsp == nsp);
    CHECK((revision == protocol::v5 ? read.value->payload : read.value->query) == auth);
    return out;
}

packet decoded_packet(std::string_view text, protocol revision = protocol::v5) {
    auto const d = decode_packet(text, revision, {});
    REQUIRE(d.value);
    return *d.value;
}

std::string why(std::string_view text) {
    auto const d = decode_connected(decoded_packet(text), protocol::v5);
    CHECK(d.value.has_value() == d.wrong.empty());
    return std::string{d.wrong};
}

connect_error error_of(std::string_view text, protocol revision = protocol::v5) {
    return decode_connect_error(decoded_packet(text, revision), revision);
}

}  // namespace

TEST_CASE("a client asks to join as the server reads it") {
    CHECK(joining(protocol::v5, "/") == "0");
    CHECK(joining(protocol::v5, "/", R"({"token":"123"})") == R"(0{"token":"123"})");
    CHECK(joining(protocol::v5, "/admin") == "0/admin,");
    CHECK(joining(protocol::v5, "/admin", R"({"a,b":1})") == R"(0/admin,{"a,b":1})");
    CHECK(joining(protocol::v4, "/admin") == "0/admin,");
    CHECK(joining(protocol::v4, "/admin", "token=1&x=%2C") == "0/admin?token=1&x=%2C,");
}

TEST_CASE("a client learns its id, and the secret of the recovery") {
    auto const plain =
        decode_connected(decoded_packet(R"(0{"sid":"oSO0OpakMV_3jnilAAAA"})"), protocol::v5);
    REQUIRE(plain.value);
    CHECK(plain.value->sid == "oSO0OpakMV_3jnilAAAA");
    CHECK(plain.value->pid.empty());
    auto const both = decode_connected(
        decoded_packet(R"(0/a,{"x":[{"sid":"no"}],"pid":"p","sid":"\u0073"})"), protocol::v5);
    REQUIRE(both.value);
    CHECK(both.value->sid == "s");
    CHECK(both.value->pid == "p");
    auto const old = decode_connected(decoded_packet("0/a,", protocol::v4), protocol::v4);
    REQUIRE(old.value);
    CHECK(old.value->sid.empty());
}

TEST_CASE("a CONNECT that does not say the id is refused") {
    CHECK(why("0") == "a CONNECT without a sid, as by a server of protocol 4");
    CHECK(why("0{}") == "a CONNECT without a sid");
    CHECK(why(R"(0{"sid":1})") == "a CONNECT without a sid");
    CHECK(why(R"(0{"sid":""})") == "a CONNECT without a sid");
    CHECK(why(R"(0{"sid":null,"pid":"x"})") == "a CONNECT without a sid");
    CHECK(why(R"(0{"sid":")" + std::string(256, 's') + "\"}").empty());
    CHECK(why(R"(0{"sid":")" + std::string(257, 's') + "\"}") ==
          "a CONNECT with an id over 256 bytes");
    CHECK(why(R"(0{"sid":"s","pid":")" + std::string(257, 's') + "\"}") ==
          "a CONNECT with an id over 256 bytes");
}

TEST_CASE("a client learns why it may not join") {
    auto const unknown = error_of(R"(4/no,{"message":"Invalid namespace"})");
    CHECK(unknown.message == "Invalid namespace");
    CHECK(unknown.data.empty());
    auto const own = error_of(R"(4{"message":"not \"you\"","data":{"code":7}})");
    CHECK(own.message == "not \"you\"");
    CHECK(own.data == R"({"code":7})");
    CHECK(error_of(R"(4"text")").message == "text");
    CHECK(error_of(R"(4{"message":5})").message.empty());
    CHECK(error_of("4{}").message.empty());
    CHECK(error_of(R"(4{"message":")" + std::string(1023, 'x') + "\xc3\xa9\"}").message ==
          std::string(1023, 'x'));
}

TEST_CASE("in v4 an error is any JSON") {
    CHECK(error_of(R"(4/no,"refused")", protocol::v4).message == "refused");
    CHECK(error_of(R"(4/no,"refused")", protocol::v4).data == R"("refused")");
    CHECK(error_of(R"(4/no,{"code":7})", protocol::v4).data == R"({"code":7})");
    CHECK(error_of(R"(4/no,{"code":7})", protocol::v4).message.empty());
    CHECK(error_of(R"(4{"message":"Invalid namespace"})", protocol::v4).message ==
          "Invalid namespace");
    CHECK(error_of("4/no,true", protocol::v4).data == "true");
    CHECK(error_of("4/no,12", protocol::v4).data.empty());  // digits are an id in any packet
    CHECK(error_of("4", protocol::v4).data.empty());
}

TEST_CASE("acks go both ways alike") {
    for (auto const* text :
         {R"(312[])", R"(3/a,7["x"])", R"(61-/a,3[{"_placeholder":true,"num":0}])"}) {
        auto const p = decoded_packet(text);
        std::string again;
        append_head(again, p.type, p.nsp, p.id, p.attachments);
        CHECK(again.append(p.payload) == text);
    }
}

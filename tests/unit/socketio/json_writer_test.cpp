#include <anywire/socketio/json.hpp>

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace anywire::socketio;

namespace {

using strings = std::vector<std::string>;

std::string placeholder(std::size_t n) {
    return R"({"_placeholder":true,"num":)" + std::to_string(n) + "}";
}

// A value copied after one attachment of another origin.
struct copy {
    std::string text{};
    strings attachments{};

    copy(std::string_view json, strings const& from) {
        json_writer out(text);
        out.bytes({});
        out.raw(json_view(json, from));
        attachments = out.take_attachments();
        text.erase(0, placeholder(0).size() + 1);
        attachments.erase(attachments.begin());
    }
};

}  // namespace

TEST_CASE("commas stand between values, and nowhere else") {
    std::string out;
    json_writer w(out);
    w.begin_array();
    w.null();
    w.begin_object();
    w.end_object();
    w.begin_object();
    w.key("a");
    w.boolean(true);
    w.key("b\n");
    w.begin_array();
    w.end_array();
    w.key("c");
    w.number(1);
    w.end_object();
    w.string("x");
    w.raw(json_view("[ 1 ]"));
    w.end_array();
    w.boolean(false);
    CHECK(out == R"([null,{},{"a":true,"b\n":[],"c":1},"x",[ 1 ]],false)");
}

TEST_CASE("what is written first follows what is there without a comma") {
    std::string out = "42";
    json_writer w(out);
    w.begin_array();
    w.string("event");
    write_arguments(w, 1, 2);
    w.end_array();
    CHECK(out == R"(42["event",1,2])");
}

TEST_CASE("numbers are written in digits that read back the same") {
    std::string out;
    json_writer w(out);
    w.number(std::int64_t{-9223372036854775807 - 1});
    w.number(std::uint64_t{18446744073709551615u});
    w.number(0.1);
    w.number(0.1f);
    w.number(1e21);
    w.number(-1.5e-7);
    w.number(100.0);
    w.number(-0.0);
    w.number(-0.0f);
    CHECK(out == "-9223372036854775808,18446744073709551615,0.1,0.1,1e+21,-1.5e-07,100,0,0");
}

TEST_CASE("an integral double is written as the integer that it is") {
    auto const written = [](auto value) {
        std::string out;
        json_writer(out).number(value);
        return out;
    };
    CHECK(written(100000.0) == "100000");
    CHECK(written(-9.22e16) == "-92200000000000000");
    CHECK(written(0x1p63) == "9223372036854775808");
    CHECK(written(-0x1p63) == "-9223372036854775808");
    CHECK(written(0x1.fffffffffffffp63) == "18446744073709549568");
    CHECK(written(0x1p64) == "18446744073709551616");
    CHECK(written(-0x1.0000000000001p63) == "-9223372036854777856");
    CHECK(written(1e10f) == "10000000000");
    CHECK(written(0x1p63f) == "9223372036854775808");
    CHECK(written(0x1p64f) == "1.8446744e+19");
    CHECK(written(0x1p51 + 0.5) == "2251799813685248.5");
}

TEST_CASE("strings are escaped, and what is not UTF-8 is replaced") {
    std::string out;
    json_writer w(out);
    w.string("a\"\\\n\x01\xff\xc3\xa9");
    CHECK(out == "\"a\\\"\\\\\\n\\u0001\xef\xbf\xbd\xc3\xa9\"");
}

TEST_CASE("a copied value keeps its text but for the numbers of its attachments") {
    strings const from{"zero", "one", "two"};
    copy const c(R"({"a": )" + placeholder(2) + R"( ,"b":[)" + placeholder(0) + ", 1 ]}", from);
    CHECK(c.text == R"({"a": )" + placeholder(1) + R"( ,"b":[)" + placeholder(2) + ", 1 ]}");
    CHECK(c.attachments == strings{"two", "zero"});
}

TEST_CASE("a copied value brings only the attachments it refers to") {
    strings const from{"zero", "one"};
    copy const none("[1,{\"num\":0}]", from);
    CHECK(none.text == "[1,{\"num\":0}]");
    CHECK(none.attachments.empty());
    copy const twice("[" + placeholder(1) + "," + placeholder(1) + "]", from);
    CHECK(twice.text == "[" + placeholder(1) + "," + placeholder(2) + "]");
    CHECK(twice.attachments == strings{"one", "one"});
    copy const inner(R"({"x":)" + placeholder(0) + R"(,"num":1,"_placeholder":true})", from);
    CHECK(inner.text == placeholder(1));
    CHECK(inner.attachments == strings{"one"});
    copy const wrong(R"({"x":)" + placeholder(0) + R"(,"num":9,"_placeholder":true})", from);
    CHECK(wrong.text == R"({"x":)" + placeholder(1) + R"(,"num":9,"_placeholder":true})");
    CHECK(wrong.attachments == strings{"zero"});
}

TEST_CASE("without attachments a placeholder is copied like any object") {
    copy const c(placeholder(7), {});
    CHECK(c.text == placeholder(7));
    CHECK(c.attachments.empty());
}

TEST_CASE("a value that is kept owns its text and the attachments it refers to") {
    CHECK(json_value().view().is_null());
    json_value kept;
    {
        auto const text = "[1," + placeholder(1) + "]";
        strings const from{"zero", "one"};
        kept = json_view(text, from);
    }
    CHECK(kept.view().text() == "[1," + placeholder(0) + "]");
    CHECK(kept.view().attachments().size() == 1);
    auto const moved = std::move(kept);
    auto at = moved.view().elements().begin();
    ++at;
    CHECK((*at).kind() == json_kind::binary);
    auto const copied = moved;
    CHECK(copied.view().attachments()[0] == "one");

    std::string out;
    json_writer w(out);
    write_arguments(w, copied, copied);
    CHECK(out == "[1," + placeholder(0) + "],[1," + placeholder(1) + "]");
}

TEST_CASE("a JSON text of any source becomes a value if it is one") {
    CHECK(json_value::parse(" {\"a\":1} ")->view().find("a")->as_int64() == 1);
    CHECK_FALSE(json_value::parse("{"));
    CHECK_FALSE(json_value::parse(""));
    CHECK_FALSE(json_value::parse("[[]]", 1));
}

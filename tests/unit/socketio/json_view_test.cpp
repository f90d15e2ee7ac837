#include <anywire/socketio/json.hpp>

#include <catch2/catch.hpp>

#include <limits>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

using namespace anywire::socketio;

namespace {

using strings = std::vector<std::string>;

std::string_view text_of(std::span<std::byte const> bytes) {
    return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

strings elements(std::string_view json) {
    strings out;
    for (auto const e : json_view(json).elements()) out.emplace_back(e.text());
    return out;
}

strings members(std::string_view json) {
    strings out;
    for (auto const [key, value] : json_view(json).members())
        out.push_back(std::string(key.text()) + "=" + std::string(value.text()));
    return out;
}

std::string decoded(std::string_view json) {
    auto const view = json_view(json);
    auto const text = view.as_string();
    REQUIRE(text);
    CHECK(view.equals(*text));
    CHECK_FALSE(view.equals(*text + "x"));
    return *text;
}

std::string placeholder(int n) {
    return R"({"_placeholder":true,"num":)" + std::to_string(n) + "}";
}

}  // namespace

static_assert(std::ranges::input_range<json_elements>);
static_assert(std::ranges::input_range<json_members>);
static_assert(std::ranges::forward_range<arguments>);

TEST_CASE("a view knows its kind") {
    CHECK(json_view().kind() == json_kind::null);
    CHECK(json_view("").kind() == json_kind::null);
    CHECK(json_view(" null ").kind() == json_kind::null);
    CHECK(json_view("true").kind() == json_kind::boolean);
    CHECK(json_view("-1").kind() == json_kind::number);
    CHECK(json_view("\"\"").kind() == json_kind::string);
    CHECK(json_view("[]").kind() == json_kind::array);
    CHECK(json_view("{}").kind() == json_kind::object);
    CHECK(json_view(" [1] ").text() == "[1]");
    CHECK(json_view("").text() == "null");
}

TEST_CASE("a value answers only for its own kind") {
    for (auto const* json : {"null", "true", "1", "\"a\"", "[1]", "{\"a\":1}"}) {
        CAPTURE(json);
        json_view const v(json);
        CHECK(v.is_null() == (v.kind() == json_kind::null));
        CHECK(v.as_bool().has_value() == (v.kind() == json_kind::boolean));
        CHECK(v.as_int64().has_value() == (v.kind() == json_kind::number));
        CHECK(v.as_uint64().has_value() == (v.kind() == json_kind::number));
        CHECK(v.as_double().has_value() == (v.kind() == json_kind::number));
        CHECK(v.as_string().has_value() == (v.kind() == json_kind::string));
        CHECK_FALSE(v.as_bytes());
        CHECK((v.elements().begin() == v.elements().end()) == (v.kind() != json_kind::array));
        CHECK((v.members().begin() == v.members().end()) == (v.kind() != json_kind::object));
        CHECK(v.find("a").has_value() == (v.kind() == json_kind::object));
    }
}

TEST_CASE("integral numbers are integers however they are written") {
    auto const i = [](std::string_view json) { return json_view(json).as_int64(); };
    auto const u = [](std::string_view json) { return json_view(json).as_uint64(); };
    CHECK(i("0") == 0);
    CHECK(i("-0.000") == 0);
    CHECK(u("-0") == 0u);
    CHECK(u("-0e99999999999999999999") == 0u);
    CHECK(i("-12.50e1") == -125);
    CHECK(i("0.001e3") == 1);
    CHECK(i("100e-2") == 1);
    CHECK(i("1000000000000000000000e-3") == 1'000'000'000'000'000'000);
    CHECK(i("10.01e2") == 1001);
    CHECK(u("18446744073709551615.000") == std::numeric_limits<std::uint64_t>::max());
    CHECK(u("1.8446744073709551615e19") == std::numeric_limits<std::uint64_t>::max());
    CHECK(i("-9223372036854775808") == std::numeric_limits<std::int64_t>::min());
    CHECK(i("9223372036854775807") == std::numeric_limits<std::int64_t>::max());
    for (auto const* json : {"1.5",
                             "0.1",
                             "1e-1",
                             "10.01e1",
                             "1e20",
                             "1e99999999999999999999",
                             "-1e-99999999999999999999",
                             "99999999999999999999",
                             "18446744073709551616"}) {
        CAPTURE(json);
        CHECK_FALSE(i(json));
        CHECK_FALSE(u(json));
    }
    CHECK_FALSE(i("9223372036854775808"));
    CHECK_FALSE(i("-9223372036854775809"));
    CHECK_FALSE(u("-1"));
    CHECK(u("1" + std::string(1'000'000, '0') + "e-1000000") == 1u);
    CHECK(u("0." + std::string(1'000'000, '0') + "1e1000001") == 1u);
}

TEST_CASE("doubles are the nearest; too small is zero, too big is nothing") {
    auto const d = [](std::string_view json) { return json_view(json).as_double(); };
    CHECK(d("0.1") == 0.1);
    CHECK(d("-1.7976931348623157e308") == std::numeric_limits<double>::lowest());
    CHECK(d("5e-324") == std::numeric_limits<double>::denorm_min());
    CHECK(d("1e-400") == 0.0);
    CHECK(d("0.0000001e-330") == 0.0);
    CHECK_FALSE(d("1e309"));
    CHECK_FALSE(d("-2e308"));
    CHECK_FALSE(d("-1E400"));
    CHECK(d("0e999") == 0.0);
    CHECK(d("-0.0e99999999999999999999") == 0.0);
    CHECK(d("1" + std::string(400'000, '0') + "e-400000") == 1.0);
    CHECK_FALSE(d(std::string(617, '7')));
    CHECK(d(std::string(300, '7')) == 0x1.29512a2ab0624p+996);
}

TEST_CASE("floats are the nearest, rounded once") {
    auto const f = [](std::string_view json) { return json_view(json).as_float(); };
    CHECK(f("0.1") == 0.1f);
    CHECK(f("7.038531e-26") == 7.038531e-26f);  // not what its nearest double is cast to
    CHECK(f("-3.4028235e38") == std::numeric_limits<float>::lowest());
    CHECK(f("1e-50") == 0.0f);
    CHECK(f("0e999") == 0.0f);
    CHECK_FALSE(f("1e39"));
    CHECK_FALSE(f("\"1\""));
}

TEST_CASE("strings decode to UTF-8, whatever is in them") {
    CHECK(decoded("\"\"").empty());
    CHECK(decoded("\"plain text that is longer than sixteen bytes\"") ==
          "plain text that is longer than sixteen bytes");
    CHECK(decoded(R"("\"\\\/\b\f\n\r\t")") == "\"\\/\b\f\n\r\t");
    CHECK(decoded(R"("\u0041\u00e9\u20AC\ud83d\ude00")") ==
          "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    CHECK(decoded(R"("a\u0000b")") == std::string("a\0b", 3));
    CHECK(decoded(R"("\ud800")") == "\xef\xbf\xbd");
    CHECK(decoded(R"("\udc00x")") == "\xef\xbf\xbdx");
    CHECK(decoded(R"("\ud800\u0041")") ==
          "\xef\xbf\xbd"
          "A");
    CHECK(decoded(R"("\ud800\ud83d\ude00")") == "\xef\xbf\xbd\xf0\x9f\x98\x80");
    CHECK(decoded("\"\xff\xc3\"") == "\xef\xbf\xbd\xef\xbf\xbd");
    CHECK(decoded("\"\xc3\xa9\"") == "\xc3\xa9");
}

TEST_CASE("equality needs no decoded copy") {
    CHECK(json_view(R"("n\u0061me")").equals("name"));
    CHECK_FALSE(json_view(R"("nam")").equals("name"));
    CHECK_FALSE(json_view(R"("name!")").equals("name"));
    CHECK_FALSE(json_view("name").equals("name"));
}

TEST_CASE("elements come in order, whatever they are") {
    CHECK(elements("[]").empty());
    CHECK(elements(" [ ] ").empty());
    CHECK(elements("[1]") == strings{"1"});
    CHECK(elements(R"([ 1 , "a,]\"" ,[2,[3]], {"b":[4]},null,-1.5e3 ])") ==
          strings{"1", R"("a,]\"")", "[2,[3]]", R"({"b":[4]})", "null", "-1.5e3"});
    CHECK(elements("[\"\",\"\"]") == strings{"\"\"", "\"\""});
}

TEST_CASE("members come in order, equal keys included") {
    CHECK(members("{}").empty());
    CHECK(members("{ }").empty());
    CHECK(members(R"({"a":1})") == strings{"\"a\"=1"});
    CHECK(members(R"({ "a" : [1] , "b:}" : "c,}" ,"a":{"d":2} })") ==
          strings{"\"a\"=[1]", "\"b:}\"=\"c,}\"", "\"a\"={\"d\":2}"});
}

TEST_CASE("a member is found by its decoded key, the last of equal ones") {
    json_view const v(R"({"a":1,"\u0062":2,"a":3,"c":{"d":4},"__proto__":null})");
    CHECK(v.find("a")->text() == "3");
    CHECK(v.find("b")->text() == "2");
    CHECK_FALSE(v.find("d"));
    CHECK(v.find("c")->find("d")->as_int64() == 4);
    CHECK(v.find("__proto__")->is_null());
    CHECK_FALSE(v.find("toString"));
}

TEST_CASE("a placeholder is binary in a packet with attachments, else an object") {
    strings const attachments{"zero", ""};
    CHECK(json_view(placeholder(0)).kind() == json_kind::object);
    CHECK(json_view(placeholder(0)).find("num")->as_int64() == 0);

    auto const text = placeholder(0);
    json_view const v(text, attachments);
    CHECK(v.kind() == json_kind::binary);
    CHECK(text_of(*v.as_bytes()) == "zero");
    CHECK_FALSE(v.find("num"));
    auto const empty = placeholder(1);
    CHECK(json_view(empty, attachments).as_bytes()->empty());
    auto const beyond = placeholder(2);
    CHECK(json_view(beyond, attachments).kind() == json_kind::object);
    CHECK(json_view(R"({"num":0,"_placeholder":true,"x":[]})", attachments).as_bytes());
    CHECK(json_view(R"({"num":0,"_placeholder":false})", attachments).kind() == json_kind::object);

    auto const outer = R"({"a":[1,)" + text + "]}";
    auto const inner = json_view(outer, attachments).find("a");
    REQUIRE(inner);
    auto at = inner->elements().begin();
    CHECK((*at).kind() == json_kind::number);
    ++at;
    CHECK((*at).kind() == json_kind::binary);
}

TEST_CASE("arguments are an array's elements, those of an event after its name") {
    std::string const text = R"(["name", 1, [2] ,{"a":3}])";
    arguments const all(text);
    CHECK(all.size() == 4);
    arguments const args(text, {}, true);
    REQUIRE(args.size() == 3);
    CHECK(args[0].text() == "1");
    CHECK(args[1].text() == "[2]");
    CHECK(args[2].find("a")->as_int64() == 3);
    CHECK(args[3].is_null());
    CHECK(args[99].is_null());
    strings walked;
    for (auto const a : args) walked.emplace_back(a.text());
    CHECK(walked == strings{"1", "[2]", R"({"a":3})"});
    CHECK(args.from(2).size() == 1);
    CHECK(args.from(3).empty());
    CHECK(args.from(99).empty());

    CHECK(arguments().empty());
    CHECK(arguments("").empty());
    CHECK(arguments("[]").empty());
    CHECK(arguments("[]", {}, true).empty());
    CHECK(arguments("[\"x\"]", {}, true).empty());
}

TEST_CASE("arguments may be many") {
    std::string text = "[0";
    for (int i = 1; i < 1000; ++i) text += "," + std::to_string(i);
    text += "]";
    arguments const args(text);
    REQUIRE(args.size() == 1000);
    CHECK(args[999].as_int64() == 999);
}

TEST_CASE("walking text that is not JSON ends") {
    for (auto const* text : {"[",
                             "{",
                             "[}",
                             "{]",
                             "[,,,]",
                             "{,}",
                             "[1 2]",
                             "{:}",
                             "{\"a\"}",
                             "[\"",
                             "{\"a\":",
                             "[\"\\",
                             "]",
                             "[[[",
                             "{{{",
                             "\"",
                             "[:]",
                             "{a:b:c}"}) {
        CAPTURE(text);
        strings const attachments{"x"};
        json_view const v(text, attachments);
        std::size_t steps = 0;
        for (auto const e : v.elements()) steps += e.text().size();
        for (auto const m : v.members()) steps += m.value.text().size();
        CHECK(arguments(text, attachments).size() <= std::string_view(text).size());
        CHECK(steps < 100);
        std::string out;
        json_writer(out).raw(v);
        static_cast<void>(v.as_string());
    }
}

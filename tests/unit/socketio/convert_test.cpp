#include <anywire/socketio/json.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <variant>
#include <vector>

using namespace anywire::socketio;
using namespace std::string_literals;

namespace {

struct point {
    int x = 0;
    double y = 0;
    std::optional<std::string> label{};
};

struct path {
    std::vector<point> points{};
    std::map<std::string, bool> flags{};
};

struct tree {
    int value = 0;
    std::vector<tree> children{};
};

enum class colour { red, green };

}  // namespace

template <>
struct anywire::convert<point>
    : anywire::socketio::object<point,
                                anywire::socketio::field{"x", &point::x},
                                anywire::socketio::field{"y", &point::y},
                                anywire::socketio::field{"label", &point::label}> {};

namespace anywire {

template <>
struct convert<path> : object<path, field{"points", &path::points}, field{"flags", &path::flags}> {
};

template <>
struct convert<tree>
    : object<tree, field{"value", &tree::value}, field{"children", &tree::children}> {};

template <>
struct convert<colour> {
    static bool read(json_view in, colour& out) {
        out = in.equals("green") ? colour::green : colour::red;
        return in.equals("green") || in.equals("red");
    }
    static void write(json_writer& out, colour const& value) {
        out.string(value == colour::green ? "green" : "red");
    }
    static std::string_view expected() { return "colour"; }
};

}  // namespace anywire

namespace {

template <class T>
std::optional<T> read(std::string_view json, std::span<std::string const> attachments = {}) {
    T out{};
    if (!read_value(json_view(json, attachments), out)) return std::nullopt;
    return out;
}

template <class... T>
std::string written(T const&... values) {
    std::string out;
    json_writer writer(out);
    write_arguments(writer, values...);
    return out;
}

template <class... T>
std::string complaint(std::string_view array) {
    std::tuple<T...> out;
    arguments const in(array);
    auto const wrong = decode_arguments(in, out);
    return wrong ? to_message(*wrong) : "none";
}

std::span<std::byte const> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

}  // namespace

TEST_CASE("integers are read however they are written, and never cut") {
    CHECK(read<int>("42") == 42);
    CHECK(read<int>("1.0") == 1);
    CHECK(read<int>("1e3") == 1000);
    CHECK(read<int>("1200e-2") == 12);
    CHECK(read<int>("-0") == 0);
    CHECK_FALSE(read<int>("1.5"));
    CHECK_FALSE(read<int>("2147483648"));
    CHECK(read<std::int8_t>("-128") == -128);
    CHECK_FALSE(read<std::int8_t>("128"));
    CHECK(read<std::uint8_t>("255") == 255);
    CHECK_FALSE(read<std::uint8_t>("-1"));
    CHECK(read<std::int64_t>("-9223372036854775808") == std::numeric_limits<std::int64_t>::min());
    CHECK_FALSE(read<std::int64_t>("9223372036854775808"));
    CHECK(read<std::uint64_t>("18446744073709551615") == std::numeric_limits<std::uint64_t>::max());
    CHECK_FALSE(read<std::uint64_t>("18446744073709551616"));
    CHECK_FALSE(read<int>("\"1\""));
    CHECK_FALSE(read<int>("true"));
    CHECK_FALSE(read<int>("null"));
}

TEST_CASE("numbers read as the nearest double; a float refuses what it cannot hold") {
    CHECK(read<double>("0.1") == 0.1);
    CHECK(read<double>("-1e-400") == 0.0);
    CHECK_FALSE(read<double>("99999e305"));
    CHECK(read<float>("0.5") == 0.5f);
    CHECK_FALSE(read<float>("1e39"));
    CHECK_FALSE(read<double>("\"1\""));
}

TEST_CASE("types of the standard library read and write") {
    CHECK(read<bool>("true") == true);
    CHECK_FALSE(read<bool>("1"));
    CHECK(read<std::string>(R"("a\u00e9")") == "a\xc3\xa9");
    CHECK(read<std::vector<int>>("[1, 2 ,3]") == std::vector{1, 2, 3});
    CHECK(read<std::vector<bool>>("[true,false]") == std::vector{true, false});
    CHECK_FALSE(read<std::vector<int>>("[1,null]"));
    CHECK_FALSE(read<std::vector<int>>("{}"));
    CHECK(read<std::array<int, 2>>("[1,2]") == std::array{1, 2});
    CHECK_FALSE(read<std::array<int, 2>>("[1]"));
    CHECK_FALSE(read<std::array<int, 2>>("[1,2,3]"));
    CHECK(read<std::pair<int, std::string>>(R"([1,"a"])") == std::pair{1, "a"s});
    CHECK(read<std::tuple<>>("[]").has_value());
    CHECK(read<std::map<std::string, int>>(R"({"a":1,"b":2,"a":3})") ==
          std::map<std::string, int>{{"a", 3}, {"b", 2}});
    CHECK(read<std::unordered_map<std::string, int>>(R"({"\n":1})") ==
          std::unordered_map<std::string, int>{{"\n", 1}});
    CHECK(read<std::optional<int>>("null") == std::optional<std::optional<int>>(std::in_place));
    CHECK(read<std::optional<int>>("1") == std::optional<int>(1));
    CHECK_FALSE(read<std::optional<int>>("\"1\""));
    CHECK(read<std::nullptr_t>("null").has_value());
    CHECK_FALSE(read<std::monostate>("0"));

    CHECK(written(true, 1, -2L, 3ull, std::uint8_t{4}, 0.5, 0.1f) == "true,1,-2,3,4,0.5,0.1");
    CHECK(written("a", "b"s, std::string_view("c"), static_cast<char const*>(nullptr)) ==
          R"("a","b","c",null)");
    CHECK(written(std::vector<std::vector<int>>{{1, 2}, {}, {3}}) == "[[1,2],[],[3]]");
    CHECK(written(std::map<std::string, int>{{"a", 1}, {"b", 2}}) == R"({"a":1,"b":2})");
    CHECK(written(std::tuple{1, "a"s, nullptr}, std::pair{1, 2}, std::array{1}) ==
          R"([1,"a",null],[1,2],[1])");
    CHECK(written(std::optional<int>{}, std::optional{1}, std::monostate{}) == "null,1,null");
    CHECK(written(std::vector{true, false}) == "[true,false]");
    CHECK(written().empty());
}

TEST_CASE("numbers that JSON does not know are written as null") {
    CHECK(written(std::numeric_limits<double>::quiet_NaN(),
                  -std::numeric_limits<double>::infinity(),
                  std::numeric_limits<float>::infinity()) == "null,null,null");
}

TEST_CASE("a variant takes the first alternative that fits") {
    using either = std::variant<int, double, std::string, std::vector<int>>;
    CHECK(read<either>("1") == either(1));
    CHECK(read<either>("1.5") == either(1.5));
    CHECK(read<either>("\"a\"") == either("a"s));
    CHECK(read<either>("[1]") == either(std::vector{1}));
    CHECK_FALSE(read<either>("null"));
    CHECK(written(either(1.5)) == "1.5");
    CHECK(anywire::convert<either>::expected() ==
          "integer or number or string or array of integer");
}

// What was found by a search: -92200000000000000.90 is no integer, but its double is one.
TEST_CASE("a variant that was read and written reads as the same again") {
    using number = std::variant<std::int64_t, std::uint64_t, double>;
    for (auto const* json : {"-9220000000000000090e-2",
                             "9223372036854775807.5",
                             "1e5",
                             "1e300",
                             "18446744073709551614.5",
                             "9223372036854775808e0",
                             "0.1",
                             "-0.0"}) {
        CAPTURE(json);
        auto const first = read<number>(json);
        REQUIRE(first);
        auto const text = written(*first);
        auto const again = read<number>(text);
        REQUIRE(again);
        CHECK(written(*again) == text);
    }
}

TEST_CASE("a number fits the handler that takes it as it is, and no type beyond its range") {
    for (auto const& json : {"1e309"s, "-1E400"s, std::string(617, '7')}) {
        CAPTURE(json);
        CHECK_FALSE(read<int>(json));
        CHECK_FALSE(read<std::uint64_t>(json));
        CHECK_FALSE(read<double>(json));
        CHECK_FALSE(read<float>(json));
        CHECK(read<json_view>(json)->text() == json);
        CHECK(read<json_value>(json)->view().text() == json);
        CHECK(written(*read<json_value>(json), *read<json_view>(json)) == json + "," + json);

        auto const array = "[\"key\"," + json + "]";
        std::tuple<std::string, arguments> rest;
        REQUIRE_FALSE(decode_arguments(arguments(array), rest));
        CHECK(written(std::get<arguments>(rest)) == json);
        std::tuple<std::string, double> as_double;
        auto const wrong = decode_arguments(arguments(array), as_double);
        REQUIRE(wrong);
        CHECK(to_message(*wrong) == "argument 2: expected number");
    }
    CHECK(read<int>("0e999") == 0);
    CHECK(read<double>("0e999") == 0.0);
    CHECK(read<float>("-0E999") == 0.0f);
}

TEST_CASE("bytes come from attachments and go there") {
    std::vector<std::string> const attachments{"ab", std::string("\0c", 2)};
    auto const json = R"({"_placeholder":true,"num":1})";
    auto const bytes = read<std::vector<unsigned char>>(json, attachments);
    CHECK(bytes == std::vector<unsigned char>{0, 'c'});
    CHECK(read<std::vector<std::byte>>(json, attachments)->size() == 2);
    auto const borrowed = read<std::span<std::byte const>>(json, attachments);
    REQUIRE(borrowed);
    CHECK(static_cast<void const*>(borrowed->data()) == attachments[1].data());
    CHECK_FALSE(read<std::vector<std::byte>>(json));
    CHECK_FALSE(read<std::vector<std::byte>>("[1,2]", attachments));

    std::string out;
    json_writer writer(out);
    write_arguments(writer, *bytes, 1, bytes_of("xyz"));
    CHECK(out == R"({"_placeholder":true,"num":0},1,{"_placeholder":true,"num":1})");
    CHECK(writer.take_attachments() == std::vector<std::string>{attachments[1], "xyz"});
}

TEST_CASE("structs read and write by their fields") {
    auto const p = read<point>(R"({"y":2.5,"unknown":[{"x":9}],"x":1,"label":"here"})");
    REQUIRE(p);
    CHECK(p->x == 1);
    CHECK(p->y == 2.5);
    CHECK(p->label == "here");
    CHECK(read<point>(R"({"x":1,"y":2})").has_value());
    CHECK(read<point>(R"({"x":1,"y":2,"label":null})").has_value());
    CHECK_FALSE(read<point>(R"({"x":1})"));
    CHECK_FALSE(read<point>(R"({"x":1,"y":2,"label":3})"));
    CHECK_FALSE(read<point>("[1,2]"));
    CHECK(read<point>(R"({"\u0078":"bad","y":2,"x":7})")->x == 7);
    CHECK(written(point{1, 2, {}}, point{1, 2, "a"}) ==
          R"({"x":1,"y":2},{"x":1,"y":2,"label":"a"})");

    auto const json = R"({"points":[{"x":1,"y":2}],"flags":{"a":true}})";
    CHECK(written(*read<path>(json)) == json);
    auto const forest = R"({"value":1,"children":[{"value":2,"children":[]}]})";
    CHECK(written(*read<tree>(forest)) == forest);
}

TEST_CASE("an enum converts by a specialisation of its own") {
    CHECK(written(std::vector<colour>{colour::red, colour::green}) == R"(["red","green"])");
    CHECK(read<colour>("\"green\"") == colour::green);
    CHECK_FALSE(read<colour>("\"blue\""));
}

TEST_CASE("arguments decode by type, and the first that does not fit is named") {
    std::tuple<std::string, int, std::optional<bool>> out;
    REQUIRE_FALSE(decode_arguments(arguments(R"(["a",1,true,"extra"])"), out));
    CHECK(out == std::tuple{"a"s, 1, std::optional(true)});

    CHECK(complaint<std::string, int>(R"(["a","b"])") == "argument 2: expected integer");
    CHECK(complaint<std::string, int>(R"(["a"])") == "argument 2: expected integer");
    CHECK(complaint<std::string, std::optional<int>>(R"(["a"])") == "none");
    CHECK(complaint<std::optional<int>, int>(R"([null])") == "argument 2: expected integer");
    CHECK(complaint<std::optional<int>, int>(R"([null,1])") == "none");
    CHECK(complaint<json_view>("[]") == "argument 1: expected value");
    CHECK(complaint<>("[1]") == "none");
    CHECK(complaint<std::vector<std::vector<int>>>("[1]") ==
          "argument 1: expected array of array of integer");
    CHECK(complaint<std::array<int, 2>>("[1]") == "argument 1: expected array of 2 integer");
}

TEST_CASE("arguments as a parameter take all that are left, and expand when written") {
    std::string const text = R"(["name", 1, "two", [3] ])";
    arguments const in(text, {}, true);
    std::tuple<int, arguments> out;
    REQUIRE_FALSE(decode_arguments(in, out));
    CHECK(std::get<1>(out).size() == 2);
    CHECK(written("x", std::get<1>(out), in, arguments{}, 4) == R"("x","two",[3],1,"two",[3],4)");
    REQUIRE_FALSE(decode_arguments(arguments("[1]"), out));
    CHECK(std::get<1>(out).empty());
}

TEST_CASE("types that have no conversion are known as such") {
    struct unknown {};
    STATIC_REQUIRE_FALSE(readable<unknown>);
    STATIC_REQUIRE_FALSE(writable<unknown>);
    STATIC_REQUIRE_FALSE(readable<std::string_view>);
    STATIC_REQUIRE_FALSE(readable<char>);
    STATIC_REQUIRE(writable<char[4]>);
    STATIC_REQUIRE(readable<long long>);
}

// Types of the application's in JSON: what the macros, functions beside them and braces make.
#include <anywire/json.hpp>

#include <catch2/catch.hpp>

#include <deque>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

using namespace anywire;

namespace shapes {

struct point {
    int x = 0;
    int y = 0;
    std::optional<std::string> label{};
    int unnamed = 5;
};
ANYWIRE_JSON(point, x, y, label)

enum class colour { red, green, blue };
ANYWIRE_JSON_ENUM(colour, red, green);

struct drawing {
    struct layer {
        std::vector<point> points{};
        colour ink{};
    };
    std::map<std::string, layer> layers{};
    point origin{};
    std::optional<point> cursor{};
};
ANYWIRE_JSON(drawing::layer, points, ink)
ANYWIRE_JSON(drawing, layers, origin, cursor)

struct tree {
    int value = 0;
    std::vector<tree> children{};
};
ANYWIRE_JSON(tree, value, children)

struct nothing {};
ANYWIRE_JSON(nothing)

struct derived : point {};

// Functions beside a type.
struct metres {
    double value = 0;
};
bool from_json(json_view in, metres& out) {
    return read_value(in, out.value) && out.value >= 0;
}
void to_json(json_writer& out, metres const& m) {
    out.number(m.value);
}

struct many {
    int a1 = 1, a2 = 2, a3 = 3, a4 = 4, a5 = 5, a6 = 6, a7 = 7, a8 = 8, a9 = 9, a10 = 10, a11 = 11,
        a12 = 12, a13 = 13, a14 = 14, a15 = 15, a16 = 16, a17 = 17, a18 = 18, a19 = 19, a20 = 20,
        a21 = 21, a22 = 22, a23 = 23, a24 = 24, a25 = 25, a26 = 26, a27 = 27, a28 = 28, a29 = 29,
        a30 = 30, a31 = 31, a32 = 32, a33 = 33, a34 = 34, a35 = 35, a36 = 36, a37 = 37, a38 = 38,
        a39 = 39, a40 = 40, a41 = 41, a42 = 42, a43 = 43, a44 = 44, a45 = 45, a46 = 46, a47 = 47,
        a48 = 48, a49 = 49, a50 = 50, a51 = 51, a52 = 52, a53 = 53, a54 = 54, a55 = 55, a56 = 56,
        a57 = 57, a58 = 58, a59 = 59, a60 = 60, a61 = 61, a62 = 62, a63 = 63, a64 = 64;
};
ANYWIRE_JSON(many,
             a1,
             a2,
             a3,
             a4,
             a5,
             a6,
             a7,
             a8,
             a9,
             a10,
             a11,
             a12,
             a13,
             a14,
             a15,
             a16,
             a17,
             a18,
             a19,
             a20,
             a21,
             a22,
             a23,
             a24,
             a25,
             a26,
             a27,
             a28,
             a29,
             a30,
             a31,
             a32,
             a33,
             a34,
             a35,
             a36,
             a37,
             a38,
             a39,
             a40,
             a41,
             a42,
             a43,
             a44,
             a45,
             a46,
             a47,
             a48,
             a49,
             a50,
             a51,
             a52,
             a53,
             a54,
             a55,
             a56,
             a57,
             a58,
             a59,
             a60,
             a61,
             a62,
             a63,
             a64)

}  // namespace shapes

namespace {

struct hidden {
    int n = 0;
};
ANYWIRE_JSON(hidden, n)

}  // namespace

using namespace shapes;

TEST_CASE("a struct is an object of the members that are named") {
    CHECK(to_json_text(point{1, 2, {}}) == R"({"x":1,"y":2})");
    CHECK(to_json_text(point{1, 2, "a"}) == R"({"x":1,"y":2,"label":"a"})");
    auto const p = from_json<point>(R"({"y":2,"z":[3],"x":1,"unnamed":6})");
    REQUIRE(p.has_value());
    CHECK(p->x == 1);
    CHECK(p->y == 2);
    CHECK_FALSE(p->label);
    CHECK(p->unnamed == 5);
    CHECK(to_json_text(hidden{4}) == R"({"n":4})");
    CHECK(to_json_text(nothing{}) == "{}");
    CHECK(from_json<nothing>(R"({"a":1})").has_value());
}

TEST_CASE("a member that is missing or of another type is an error, but for optionals") {
    CHECK(from_json<point>(R"({"x":1})").error() == errc::wrong_json);
    CHECK(from_json<point>(R"({"x":1,"y":"2"})").error() == errc::wrong_json);
    CHECK(from_json<point>(R"({"x":1,"y":null})").error() == errc::wrong_json);
    CHECK(from_json<point>("[1,2]").error() == errc::wrong_json);
    CHECK(from_json<point>(R"({"x":1,"y":2,"label":3})").error() == errc::wrong_json);
    CHECK_FALSE(from_json<point>(R"({"x":1,"y":2,"label":null})")->label);
}

TEST_CASE("structs hold structs, also those of their own type") {
    std::string const text = R"({"layers":{"a":{"points":[{"x":1,"y":2}],"ink":"green"}},)"
                             R"("origin":{"x":0,"y":0},"cursor":{"x":3,"y":4}})";
    auto const d = from_json<drawing>(text);
    REQUIRE(d.has_value());
    CHECK(d->layers.at("a").points.at(0).y == 2);
    CHECK(d->layers.at("a").ink == colour::green);
    CHECK(d->cursor->x == 3);
    CHECK(to_json_text(*d) == text);
    std::string const grown =
        R"({"value":1,"children":[{"value":2,"children":[]},{"value":3,"children":[]}]})";
    CHECK(to_json_text(*from_json<tree>(grown)) == grown);
    CHECK(from_json<tree>(R"({"value":1,"children":[{"value":2}]})").error() == errc::wrong_json);
}

TEST_CASE("sixty-four members are taken") {
    auto const text = to_json_text(many{});
    CHECK(text.ends_with(R"("a63":63,"a64":64})"));
    CHECK(from_json<many>(text)->a64 == 64);
}

TEST_CASE("a type is not taken for the one that it derives from") {
    CHECK_FALSE(readable<derived>);
    CHECK_FALSE(writable<derived>);
}

TEST_CASE("an enum is its values' names") {
    CHECK(to_json_text(colour::green) == R"("green")");
    CHECK(*from_json<colour>(R"("\u0067reen")") == colour::green);
    CHECK(from_json<colour>(R"("blue")").error() == errc::wrong_json);
    CHECK(from_json<colour>("1").error() == errc::wrong_json);
    CHECK(to_json_text(colour::blue) == "null");  // it was given no name
    CHECK(convert<colour>::expected() == "red or green");
}

TEST_CASE("functions beside a type convert it") {
    CHECK(to_json_text(std::vector<metres>{{1.5}, {2}}) == "[1.5,2]");
    CHECK(from_json<metres>("3")->value == 3);
    CHECK(from_json<metres>("-3").error() == errc::wrong_json);
}

TEST_CASE("maps have keys of text or of integers") {
    std::map<int, std::string> const names{{-1, "a"}, {2, "b"}};
    CHECK(to_json_text(names) == R"({"-1":"a","2":"b"})");
    CHECK(*from_json<std::map<int, std::string>>(R"({"-1":"a","2":"b"})") == names);
    CHECK(from_json<std::unordered_map<unsigned, int>>(R"({"7":1})")->at(7) == 1);
    for (auto const* bad : {R"({"-7":1})", R"({"":1})", R"({"7 ":1})", R"({"99999999999":1})"}) {
        CAPTURE(bad);
        CHECK(from_json<std::unordered_map<unsigned, int>>(bad).error() == errc::wrong_json);
    }
}

TEST_CASE("sets, lists and deques are arrays") {
    CHECK(*from_json<std::set<int>>("[3,1,3]") == std::set<int>{1, 3});
    CHECK(to_json_text(std::set<int>{3, 1}) == "[1,3]");
    CHECK(from_json<std::unordered_set<std::string>>(R"(["a","a"])")->size() == 1);
    CHECK(to_json_text(std::deque<colour>{colour::red}) == R"(["red"])");
    CHECK(*from_json<std::list<int>>("[1,2]") == std::list<int>{1, 2});
    CHECK(from_json<std::list<int>>("[1,true]").error() == errc::wrong_json);
    CHECK(from_json<std::set<int>>("{}").error() == errc::wrong_json);
    CHECK(convert<std::list<int>>::expected() == "array of integer");
}

TEST_CASE("objects are written in braces") {
    CHECK(to_json({{"x", 1}, {"name", "a"}}).view().text() == R"({"x":1,"name":"a"})");
    CHECK(to_json({{"a", "b"}}).view().text() == R"({"a":"b"})");
    CHECK(to_json(json_object{}).view().text() == "{}");
    CHECK(to_json_text({{"at", {{"city", "Rome"}, {"p", point{1, 2, {}}}}}, {"none", nullptr}}) ==
          R"({"at":{"city":"Rome","p":{"x":1,"y":2}},"none":null})");
    CHECK(to_json_text(json_array{1, "two", json_object{{"three", 3}}, json_array{}}) ==
          R"([1,"two",{"three":3},[]])");
    CHECK(to_json_text(json_object{{"list", json_array{1}}}) == R"({"list":[1]})");
}

TEST_CASE("bytes in braces keep their places") {
    std::vector<unsigned char> const one{1};
    std::vector<unsigned char> const two{2};
    auto const v =
        to_json({{"a", one}, {"in", {{"b", two}}}, {"c", json_array{two, json_array{one}}}});
    CHECK(*from_json<std::vector<unsigned char>>(*v.view().find("a")) == one);
    CHECK(*from_json<std::vector<unsigned char>>(*v.view().find("in")->find("b")) == two);
    auto const list = *v.view().find("c");
    CHECK(*from_json<std::vector<unsigned char>>(*list.elements().begin()) == two);
    CHECK(v.view().attachments().size() == 4);
}

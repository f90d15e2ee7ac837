// Text to values and back, for any dialect.
#include <anywire/json.hpp>

#include <catch2/catch.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

using namespace anywire;

TEST_CASE("a text is parsed where it stands, within its limits") {
    std::string const text = R"( {"a":[1,2]} )";
    auto const view = parse_json(text);
    REQUIRE(view.has_value());
    CHECK(view->text() == R"({"a":[1,2]})");
    CHECK(view->text().data() == text.data() + 1);
    CHECK(parse_json("{").error() == errc::bad_json);
    CHECK(parse_json("").error() == errc::bad_json);
    CHECK(parse_json("[[1]]", {.max_depth = 2}).has_value());
    CHECK(parse_json("[[1]]", {.max_depth = 1}).error() == errc::bad_json);
    CHECK(parse_json("[10]", {.max_bytes = 4}).has_value());
    CHECK(parse_json("[100]", {.max_bytes = 4}).error() == errc::message_too_big);
}

TEST_CASE("what fits no value of the type says so, and what is no JSON says that") {
    CHECK(*from_json<int>("7") == 7);
    CHECK(from_json<int>("7.5").error() == errc::wrong_json);
    CHECK(from_json<int>("7,").error() == errc::bad_json);
    CHECK(from_json<int>("70", {.max_bytes = 1}).error() == errc::message_too_big);
    CHECK(*from_json<std::vector<std::string>>(R"(["a","b"])") ==
          std::vector<std::string>{"a", "b"});
    auto const value = json_value::parse(R"({"x":3})");
    REQUIRE(value.has_value());
    CHECK(*from_json<int>(*value->view().find("x")) == 3);
    CHECK(from_json<int>(value->view()).error() == errc::wrong_json);
}

TEST_CASE("values become text") {
    CHECK(to_json_text(std::vector<int>{1, 2}) == "[1,2]");
    CHECK(to_json_text("a\"b") == R"("a\"b")");
    CHECK(to_json_text(std::optional<int>{}) == "null");
    CHECK(to_json_text({{"x", 1}, {"name", "a"}}) == R"({"x":1,"name":"a"})");
}

TEST_CASE("bytes stand beside a value, and in a text as base64") {
    std::vector<std::byte> const bytes(3, std::byte{0xff});
    auto const value = to_json(bytes);
    CHECK(value.view().kind() == json_kind::binary);
    CHECK(*value.view().as_bytes()->data() == std::byte{0xff});
    CHECK(to_json_text(bytes) == R"("////")");
    // Also those that a value has brought along.
    CHECK(to_json_text({{"it", value}, {"n", 1}}) == R"({"it":"////","n":1})");
}

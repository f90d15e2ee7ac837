#include "published.hpp"

#include "hooks_backend.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>

using namespace anywire;
using namespace anywire::gateway;

namespace {

std::vector<published> read(std::string_view query,
                            std::string_view body,
                            std::string_view type = "text/plain") {
    std::string error;
    auto all = read_published(query, type, body, error);
    INFO(error);
    REQUIRE(all);
    CHECK(error.empty());
    return std::move(*all);
}

std::string refusal(std::string_view query,
                    std::string_view body,
                    std::string_view type = "text/plain") {
    std::string error;
    CHECK_FALSE(read_published(query, type, body, error));
    return error;
}

}  // namespace

TEST_CASE("a query names the clients, and the body is the message") {
    auto const all = read("channel=a%20b&session=xyz&channel=c", "hello");
    REQUIRE(all.size() == 1);
    CHECK(all[0].groups == std::vector<std::string>{group_of_channel("a b"),
                                                    group_of_session("xyz"),
                                                    group_of_channel("c")});
    CHECK_FALSE(all[0].to_all);
    CHECK(all[0].data == "hello");
    CHECK_FALSE(all[0].binary);
    CHECK(read("all=1", "x")[0].to_all);
    auto const bytes = read("all=1", "\xff", "Application/Octet-Stream; x=y");
    CHECK(bytes[0].binary);
    CHECK(bytes[0].data == "\xff");
    auto const close = read("session=x&close=3001", "bye");
    CHECK(close[0].is_close);
    CHECK(close[0].code == static_cast<close_code>(3001));
    CHECK(close[0].data == "bye");
}

TEST_CASE("items are those of libraries for GRIP, and more") {
    auto const all = read("", R"({"items": [
        {"channel": "a", "id": "1", "formats": {"ws-message": {"content": "h\u00e4"}, "http-stream": {"content": "x"}}},
        {"channel": "a", "formats": {"ws-message": {"content-bin": "/wA="}}},
        {"session": "s", "formats": {"ws-message": {"content": "b", "type": "binary"}}},
        {"all": true, "formats": {"ws-message": {"action": "close", "code": 4000, "reason": "r"}}},
        {"channel": "a", "ws-message": {"content": "old"}}]})");
    REQUIRE(all.size() == 5);
    CHECK(all[0].groups == std::vector<std::string>{group_of_channel("a")});
    CHECK(all[0].data == "h\u00e4");
    CHECK(all[1].binary);
    CHECK(all[1].data == std::string("\xff\0", 2));
    CHECK(all[2].binary);
    CHECK(all[2].groups == std::vector<std::string>{group_of_session("s")});
    CHECK(all[3].to_all);
    CHECK(all[3].is_close);
    CHECK(all[3].code == static_cast<close_code>(4000));
    CHECK(all[4].data == "old");
    CHECK(read("", R"({"items": []})").empty());
}

TEST_CASE("what is no message for anybody is refused in a sentence") {
    CHECK(refusal("close=1000", "x").find("nobody is named") == 0);
    CHECK(refusal("to=a", "x").find("the query has") == 0);
    CHECK(refusal("all=1", "\xff").find("the text is not UTF-8") == 0);
    for (auto const* code : {"999", "1005", "abc", "", "70000", "99999999999"})
        CHECK(refusal("all=1&close=" + std::string(code), "").find("no close code") == 0);
    CHECK(refusal("all=1&close=1000", std::string(124, 'x')).find("no close code") == 0);
    CHECK(refusal("", "hello").find("without a query the body is JSON") == 0);
    CHECK(refusal("", R"({"items": 1})").find("without a query") == 0);
    CHECK(refusal("", R"({"items": [{"channel": "a"}]})").find("an item has no") == 0);
    CHECK(refusal("", R"({"items": [{"formats": {"ws-message": {"content": "a"}}}]})")
              .find("nobody is named") == 0);
    CHECK(refusal("", R"({"items": [{"all": true, "formats": {"ws-message": {}}}]})")
              .find("a \"ws-message\" has neither") == 0);
    CHECK(refusal("",
                  R"({"items": [{"all": true, "formats": {"ws-message": {"content-bin": "*"}}}]})")
              .find("\"content-bin\" is not base64") == 0);
}

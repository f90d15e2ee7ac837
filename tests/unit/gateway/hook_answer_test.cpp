#include "hook_answer.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::gateway;
using kind = hook_answer::item::kind;

namespace {

constexpr http_field events{"Content-Type", "application/websocket-events; charset=x"};

hook_answer answer(unsigned status, std::vector<http_field> fields, std::string_view body) {
    hook_answer a({.status = status, .fields = fields});
    a.append(body);
    a.finish();
    return a;
}

}  // namespace

TEST_CASE("an answer is good that has events or nothing") {
    CHECK(answer(200, {events}, "OPEN\r\n").is_good());
    CHECK(answer(200, {events}, "").is_good());
    CHECK(answer(200, {{"Content-Type", "text/html"}}, "").is_good());
    CHECK(answer(204, {}, "").is_good());
    CHECK_FALSE(answer(200, {{"Content-Type", "text/html"}}, "OPEN\r\n").is_good());
    CHECK_FALSE(answer(200, {events}, "hello").is_good());
    CHECK_FALSE(answer(200, {events, {"Content-Encoding", "gzip"}}, "OPEN\r\n").is_good());
    CHECK_FALSE(answer(302, {events}, "OPEN\r\n").is_good());
    CHECK_FALSE(answer(500, {events}, "OPEN\r\n").is_good());
    CHECK(answer(500, {}, "").explain() == "the application answered 500");
    CHECK(answer(200, {}, "x").explain().find("give it that Content-Type") != std::string::npos);
}

TEST_CASE("messages are those of its events, in order") {
    auto a = hook_answer({.status = 200, .fields = std::vector{events}});
    a.append("OPEN\r\nTEXT 1\r\na\r\nPING\r\nBINARY 1\r\nb\r\nTEXT 3\r\nc:x\r\nCLOSE\r\n");
    a.finish();
    std::vector<std::pair<kind, std::string>> seen;
    while (auto const i = a.next())
        if (i->what != kind::none) seen.emplace_back(i->what, std::string(i->data));
    CHECK(seen == std::vector<std::pair<kind, std::string>>{{kind::message, "a"},
                                                            {kind::message, "b"},
                                                            {kind::message, "c:x"},
                                                            {kind::close, ""}});
    CHECK(a.is_at_end());
}

TEST_CASE("with GRIP messages have a prefix, and channels are spoken of") {
    auto const read = [](std::string_view extension, std::string_view text) {
        std::string body;
        append_event(body, "TEXT", text);
        std::vector<http_field> const fields{events, {"Sec-WebSocket-Extensions", extension}};
        auto a = hook_answer({.status = 200, .fields = fields});
        a.append(body);
        a.finish();
        auto const i = a.next();
        return std::pair(i->what, std::string(i->data));
    };
    CHECK(read("grip", "m:hello") == std::pair(kind::message, std::string("hello")));
    CHECK(read("grip", "hello") == std::pair(kind::none, std::string()));
    CHECK(read("grip; message-prefix=\"\"", "hello") ==
          std::pair(kind::message, std::string("hello")));
    CHECK(read("x, grip;message-prefix=\"z,\"", "z,hello").first == kind::none);
    CHECK(read("x, grip; message-prefix=z:", "z:hello") ==
          std::pair(kind::message, std::string("hello")));
    CHECK(read("grip", "c:{}") == std::pair(kind::control, std::string("{}")));
    CHECK(read("gripe", "c:{}") == std::pair(kind::message, std::string("c:{}")));

    CHECK(read_control(R"({"type": "subscribe", "channel": "a", "filters": []})").channel == "a");
    CHECK(read_control(R"({"type": "unsubscribe", "channel": "a"})").what ==
          hook_control::kind::unsubscribe);
    for (auto const* none : {"",
                             "{}",
                             "[]",
                             R"({"type": "detach"})",
                             R"({"type": "subscribe", "channel": ""})",
                             R"({"type": "subscribe", "channel": 3})"})
        CHECK(read_control(none).what == hook_control::kind::unknown);
}

TEST_CASE("what the application wants back is kept, within bounds") {
    hook_answer::meta_fields meta{{"User", "ann"}};
    answer(204, {{"Set-Meta-Room", "a"}, {"set-meta-user", "bob"}, {"Set-Meta-", "x"}}, "")
        .take_meta(meta);
    CHECK(meta == hook_answer::meta_fields{{"Room", "a"}, {"user", "bob"}});
    answer(204, {{"Set-Meta-Room", ""}}, "").take_meta(meta);
    CHECK(meta == hook_answer::meta_fields{{"user", "bob"}});
    std::vector<std::string> names;
    for (int i = 0; i < 100; ++i) names.push_back("Set-Meta-N" + std::to_string(i));
    std::vector<http_field> many;
    for (auto const& n : names) many.push_back({n, "v"});
    answer(204, many, "").take_meta(meta);
    CHECK(meta.size() == hook_answer::most_meta);
    std::string const large(5000, 'x');
    answer(204, {{"Set-Meta-Large", large}}, "").take_meta(meta);
    CHECK(meta.size() == hook_answer::most_meta);
}

TEST_CASE("a goodbye's code and reason go through both ways") {
    CHECK(read_close(close_content(static_cast<close_code>(4001), "why")) ==
          std::pair(static_cast<close_code>(4001), std::string("why")));
    CHECK(read_close("").first == close_code::normal);
    CHECK(read_close("\x03").first == close_code::normal);
    CHECK(read_close(std::string("\x03\xed", 2)).first == close_code::internal_error);  // 1005
    CHECK(read_close("\x0f\xa0\xff").first == close_code::internal_error);
    CHECK(read_close("\x0f\xa0" + std::string(124, 'x')).first == close_code::internal_error);
}

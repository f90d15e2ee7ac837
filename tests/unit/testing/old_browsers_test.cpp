// What browsers of long ago send, and what they have to be answered.

#include <anywire/test.hpp>

#include <catch2/catch.hpp>

#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace anywire;
using namespace std::string_literals;

namespace {

handlers echo() {
    return {.on_message = [](session& s, message_view m) { (void)s.send(m); }};
}

sockjs_options everything() {
    return {.origins = {"http://page.example"},
            .htmlfile = true,
            .jsonp = true,
            .sockjs_url = "/sockjs.min.js"};
}

std::string joined(std::vector<std::string> const& parts) {
    return std::accumulate(parts.begin(), parts.end(), std::string());
}

/// An XDomainRequest of IE 8 and 9: no Content-Type, no cookie, an Origin.
testing::reply xdr(testing::host& at, std::string_view target, std::string_view body) {
    return at.post(target, body, {{"Origin", "http://page.example"}});
}

}  // namespace

TEST_CASE("an XDomainRequest opens a SockJS session, sends and receives") {
    testing::host host;
    host.mount("/echo", everything(), echo());
    auto const info = host.get("/echo/info", {{"Origin", "http://page.example"}});
    CHECK(info.header("access-control-allow-origin") == "http://page.example");
    auto const open = xdr(host, "/echo/000/a/xhr", {});
    CHECK(open.body() == "o\n");
    CHECK(open.header("access-control-allow-origin") == "http://page.example");
    auto const sent = xdr(host, "/echo/000/a/xhr_send", "[\"hello\"]");
    CHECK(sent.status() == 204);
    CHECK(sent.header("access-control-allow-origin") == "http://page.example");
    CHECK(xdr(host, "/echo/000/a/xhr", {}).body() == "a[\"hello\"]\n");

    auto stream = xdr(host, "/echo/000/b/xhr_streaming", {});
    (void)xdr(host, "/echo/000/b/xhr_send", "[\"there\"]");
    CHECK(joined(stream.take_parts()) == std::string(2048, 'h') + "\no\na[\"there\"]\n");
}

TEST_CASE("an XDomainRequest opens an Engine.IO session, sends and receives") {
    testing::host host;
    host.mount("/eio/", engineio_options{.origins = {"http://page.example"}, .eio3 = true}, echo());
    auto const query = GENERATE("EIO=3", "EIO=3&b64=1", "EIO=4");
    auto const target = "/eio/?transport=polling&"s + query;
    auto const open = host.get(target, {{"Origin", "http://page.example"}});
    REQUIRE(open.status() == 200);
    auto const from = open.body().find("\"sid\":\"") + 7;
    auto const sid = open.body().substr(from, open.body().find('"', from) - from);
    auto const body = query == "EIO=4"s ? "4hello"s : "6:4hello"s;
    CHECK(xdr(host, target + "&sid=" + sid, body).body() == "ok");
    auto const back = host.get(target + "&sid=" + sid, {{"Origin", "http://page.example"}});
    CHECK(back.body() == body);
    CHECK(back.header("access-control-allow-origin") == "http://page.example");
}

TEST_CASE("where a 204 is to be avoided it is 200 and \"ok\"") {
    testing::host host;
    auto sockjs = everything();
    sockjs.avoid_204 = true;
    host.mount("/echo", sockjs, echo());
    host.mount("/usual", everything(), echo());
    host.mount(
        "/eio/", engineio_options{.origins = {"http://page.example"}, .avoid_204 = true}, echo());
    (void)host.post("/echo/000/a/xhr");
    (void)host.post("/usual/000/a/xhr");
    auto const sent = host.post("/echo/000/a/xhr_send", "[\"x\"]");
    CHECK(std::pair(sent.status(), sent.body()) == std::pair(200u, "ok"s));
    CHECK(sent.header("content-type") == "text/plain; charset=UTF-8");
    CHECK(host.post("/usual/000/a/xhr_send", "[\"x\"]").status() == 204);
    for (auto const* target :
         {"/echo/info", "/echo/000/a/xhr_send", "/eio/?EIO=4&transport=polling"}) {
        auto const r = host.request("OPTIONS", target, {}, {{"Origin", "http://page.example"}});
        CHECK(std::pair(r.status(), r.body()) == std::pair(200u, "ok"s));
        CHECK(r.header("access-control-allow-origin") == "http://page.example");
        CHECK_FALSE(r.header("access-control-allow-methods").empty());
    }
    CHECK(
        host.request("OPTIONS", "/usual/info", {}, {{"Origin", "http://page.example"}}).status() ==
        204);
}

TEST_CASE("htmlfile leaves document.domain alone in a page that says where it is") {
    testing::host host;
    host.mount("/echo", everything(), echo());
    auto all = everything();
    all.origins = {"*"};
    host.mount("/all", all, echo());
    auto const head = [&](std::string_view name, std::string_view value) {
        static int n = 0;
        return joined(
            host.get("/echo/000/" + std::to_string(++n) + "/htmlfile?c=_jp.a", {{name, value}})
                .take_parts());
    };
    auto const sets_first = "<script>\n    document.domain"s;
    auto const tries_first = "<script>\n    var c;\n    try { c = parent._jp.a; }"s;
    CHECK(head("Sec-Fetch-Site", "same-origin").find(tries_first) != std::string::npos);
    CHECK(head("Referer", "http://localhost/page.html").find(tries_first) != std::string::npos);
    auto const bare = joined(host.get("/all/000/a/htmlfile?c=_jp.a").take_parts());
    CHECK(bare.find(sets_first) != std::string::npos);
}

// A hidden page's timers are a second late, the client's patience is not: no wait of ours comes on
// top.
TEST_CASE("the first frame of every wire comes with the first bytes, without time passing") {
    testing::host host;
    auto options = everything();
    host.mount("/echo", options, {.on_open = [](session& s) { (void)s.send("at once"); }});
    auto const own = testing::fields{{"Sec-Fetch-Site", "same-origin"}};
    CHECK(host.post("/echo/000/a/xhr").body() == "o\n");
    CHECK(host.get("/echo/000/b/jsonp?c=cb", own).body() == "/**/cb(\"o\");\r\n");
    auto const stream = joined(host.post("/echo/000/c/xhr_streaming").take_parts());
    CHECK(stream == std::string(2048, 'h') + "\no\na[\"at once\"]\n");
    auto const events = joined(host.get("/echo/000/d/eventsource").take_parts());
    CHECK(events == "\r\ndata: o\r\n\r\ndata: a[\"at once\"]\r\n\r\n");
    auto const page = joined(host.get("/echo/000/e/htmlfile?c=_jp.a", own).take_parts());
    CHECK(page.find("p(\"o\");") != std::string::npos);
    CHECK(page.find("p(\"a[\\\"at once\\\"]\");") != std::string::npos);
    CHECK(host.connect("/echo", testing::dialect::sockjs).take() ==
          std::vector<std::string>{"at once"});
}

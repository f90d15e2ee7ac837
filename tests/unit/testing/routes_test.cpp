#include <anywire/test.hpp>

#include "support/temp_folder.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace anywire;
using namespace std::chrono_literals;

namespace {

http_answer text(std::string body) {
    return {.body = std::move(body)};
}

}  // namespace

TEST_CASE("a route sees its path, query, cookies and body, decoded") {
    testing::host host;
    host.route("POST", "/login/:name", [](route_request const& r) {
        http_answer a{.status = 201, .body = std::string(r.method()) + " " + r.param("name")};
        a.body.append(" ").append(r.query("next").value_or("-"));
        a.body.append(" ").append(r.cookie("old").value_or("-"));
        a.body.append(" ").append(r.form("secret").value_or("-"));
        a.body.append(" ").append(r.remote_address()).append(r.param("nobody"));
        a.fields.add("X-Path", r.path());
        a.set_cookie({.name = "user", .max_age = 60s}, "ann; b");
        return a;
    });
    auto const answer = host.post(
        "/login/a%2Fb?next=%2Fhome+x&next=last",
        "secret=p%26w&x=y",
        {{"Cookie", "a=b; old=x%20y"}, {"Content-Type", "application/x-www-form-urlencoded"}});
    CHECK(answer.status() == 201);
    CHECK(answer.body() == "POST a/b last x y p&w 127.0.0.1");
    CHECK(answer.header("x-path") == "/login/a%2Fb");
    CHECK(answer.header("content-type") == "text/plain; charset=UTF-8");
    CHECK(answer.header("set-cookie") ==
          "user=ann%3B%20b; Max-Age=60; Path=/; HttpOnly; SameSite=Lax");
    CHECK(host.post("/login/x", "secret=1").body() == "POST x - - - 127.0.0.1");
}

TEST_CASE("methods of a path are told apart, and others are 405") {
    testing::host host;
    host.route("GET", "/thing/:id", [](route_request const& r) { return text(r.param("id")); });
    host.route(
        "DELETE", "/thing/:key", [](route_request const& r) { return text(r.param("key")); });
    host.route("GET", "/thing/mine", [](route_request const&) { return text("spelled out"); });
    CHECK(host.get("/thing/7").body() == "7");
    CHECK(host.request("HEAD", "/thing/7").status() == 200);
    CHECK(host.request("DELETE", "/thing/8").body() == "8");
    CHECK(host.get("/thing/mine").body() == "spelled out");
    auto const wrong = host.post("/thing/7");
    CHECK(wrong.status() == 405);
    CHECK(wrong.header("allow") == "GET, DELETE, HEAD, OPTIONS");
    auto const options = host.request("OPTIONS", "/thing/7");
    CHECK(options.status() == 204);
    CHECK(options.header("allow") == "GET, DELETE, HEAD, OPTIONS");
    CHECK(options.header("access-control-allow-methods").empty());
    CHECK(host.get("/thing/7/8").status() == 404);
    CHECK(host.owns("/thing/7?x=1"));
    CHECK_FALSE(host.owns("/thing"));
}

TEST_CASE("a route goes before a mount, and the fallback comes after all") {
    testing::host host;
    host.mount("/chat", sockjs_options{}, {});
    host.route("GET", "/chat/info", [](route_request const&) { return text("mine"); });
    CHECK_FALSE(host.owns("/nowhere"));
    host.fallback([](route_request const& r) {
        return http_answer{.status = 404, .body = std::string(r.method()) + std::string(r.path())};
    });
    CHECK_FALSE(host.owns("") == false);
    CHECK(host.get("/chat/info").body() == "mine");
    CHECK(host.get("/chat").body() == "Welcome to SockJS!\n");
    CHECK(host.request("PUT", "/nowhere").body() == "PUT/nowhere");
}

TEST_CASE("an answer may come later, from any thread, once") {
    testing::host host;
    std::vector<http_responder> kept;
    host.route("GET", "/later", [&](route_request const&, http_responder to) {
        kept.push_back(std::move(to));
    });
    auto first = host.get("/later");
    auto second = host.get("/later");
    auto third = host.get("/later");
    CHECK_FALSE(first.has_begun());
    std::thread([&] { kept[0].answer(200, "from elsewhere"); }).join();
    kept[0].answer(201, "too late");
    host.settle();
    CHECK(first.body() == "from elsewhere");
    CHECK(first.status() == 200);
    second.cut();
    kept[1].answer(200, "to nobody");
    host.settle();
    CHECK_FALSE(second.is_complete());
    host.advance(31s);
    CHECK(third.status() == 503);
    kept[2].answer(200, "too late");
    host.settle();
    CHECK(third.status() == 503);
}

TEST_CASE("a responder that is dropped, or a handler that throws, answers 500") {
    testing::host host;
    host.route("GET", "/drops", [](route_request const&, http_responder) {});
    host.route("GET", "/throws", [](route_request const&) -> http_answer {
        throw std::runtime_error("on purpose");
    });
    std::unique_ptr<http_responder> kept;
    host.route("GET", "/drops-later", [&](route_request const&, http_responder to) {
        kept = std::make_unique<http_responder>(std::move(to));
    });
    host.route("GET", "/odd", [](route_request const&) { return http_answer{.status = 42}; });
    CHECK(host.get("/drops").status() == 500);
    CHECK(host.get("/throws").status() == 500);
    auto const later = host.get("/drops-later");
    CHECK_FALSE(later.has_begun());
    kept.reset();
    host.settle();
    CHECK(later.status() == 500);
    CHECK(host.get("/odd").status() == 500);
}

TEST_CASE("a service that ends breaks off what a route has not answered") {
    auto host = std::make_unique<testing::host>();
    std::vector<http_responder> kept;
    host->route("GET", "/later", [&](route_request const&, http_responder to) {
        kept.push_back(std::move(to));
    });
    auto const waiting = host->get("/later");
    host.reset();
    CHECK(waiting.is_broken_off());
    kept.front().answer(200);
}

TEST_CASE("a body that is too long, or waits that are too many, are refused") {
    testing::host host({.limits = {.max_parked_requests = 1}});
    std::vector<http_responder> kept;
    host.route("POST",
               "/short",
               [](route_request const& r) { return text(std::string(r.body())); },
               {.max_body = 3});
    host.route("GET", "/later", [&](route_request const&, http_responder to) {
        kept.push_back(std::move(to));
    });
    CHECK(host.max_body("/short") == 3);
    CHECK(host.post("/short", "abc").body() == "abc");
    CHECK(host.post("/short", "abcd").status() == 413);
    CHECK_FALSE(host.get("/later").has_begun());
    CHECK(host.get("/later").status() == 503);
    CHECK(host.post("/short", "x").status() == 200);  // an answer at once does not wait
}

TEST_CASE("pages of other origins read and change nothing until they are listed") {
    testing::host host;
    auto const ok = [](route_request const&) { return text("ok"); };
    host.route("POST", "/own", ok);
    host.route("GET", "/own", ok);
    host.route("POST", "/listed", ok, {.origins = {"https://page.example"}});
    testing::fields const foreign{{"Origin", "https://page.example"}};
    CHECK(host.post("/own", {}, foreign).status() == 403);
    CHECK(host.get("/own", foreign).header("access-control-allow-origin").empty());
    CHECK(host.post("/own", {}, {{"Origin", "http://localhost"}}).status() == 200);
    auto const listed = host.post("/listed", {}, foreign);
    CHECK(listed.status() == 200);
    CHECK(listed.header("access-control-allow-origin") == "https://page.example");
    CHECK(listed.header("access-control-allow-credentials") == "true");
    CHECK(listed.header("vary") == "Origin");
    auto const asked = host.request("OPTIONS",
                                    "/listed",
                                    {},
                                    {{"Origin", "https://page.example"},
                                     {"Access-Control-Request-Method", "POST"},
                                     {"Access-Control-Request-Headers", "x-token"}});
    CHECK(asked.header("access-control-allow-methods") == "POST, OPTIONS");
    CHECK(asked.header("access-control-allow-headers") == "x-token");
    CHECK(asked.header("access-control-allow-origin") == "https://page.example");
}

TEST_CASE("routes are checked when they are set up") {
    testing::host host;
    auto const ok = [](route_request const&) { return http_answer{}; };
    CHECK_THROWS_AS(host.route("GET", "no-slash", ok), std::invalid_argument);
    CHECK_THROWS_AS(host.route("GE T", "/a", ok), std::invalid_argument);
    CHECK_THROWS_AS(host.route("GET", "/a", route_handler{}), std::invalid_argument);
    std::function<http_answer(route_request const&)> const empty;
    CHECK_THROWS_AS(host.route("GET", "/a", empty), std::invalid_argument);
    CHECK_THROWS_AS(host.route("GET", "/a", ok, {.answer_timeout = 0ms}), std::invalid_argument);
    CHECK_THROWS_AS(host.route("GET", "/a", ok, {.max_body = std::size_t{2} << 30}),
                    std::invalid_argument);
    CHECK_THROWS_AS(host.route("GET", "/a", ok, {.origins = {"page.example/x"}}),
                    std::invalid_argument);
    host.route("GET", "/a/:x", ok);
    CHECK_THROWS_AS(host.route("GET", "/a/:y", ok), std::invalid_argument);
    host.fallback(ok);
    CHECK_THROWS_AS(host.fallback(ok), std::invalid_argument);
    http_answer a;
    CHECK_THROWS_AS(a.set_cookie({.name = ""}, "x"), std::invalid_argument);
    CHECK_THROWS_AS(a.set_cookie({.name = "a b"}, "x"), std::invalid_argument);
    CHECK_THROWS_AS(a.set_cookie({.name = "a", .path = "/;x"}, "x"), std::invalid_argument);
    a.set_cookie({.name = "a", .max_age = -1s}, "");
    CHECK(a.fields.text().find("Max-Age=0") != std::string::npos);
    (void)host.get("/a/1");
    host.route("GET", "/late", ok);
    host.route("POST", "/a/:other", ok);
    CHECK_THROWS_AS(host.route("POST", "/a/:again", ok), std::invalid_argument);
    host.settle();
    CHECK(host.get("/late").status() == 200);
    CHECK(host.post("/a/1", "").status() == 200);
}

TEST_CASE("files come in ranges, compressed where they lie so, and with the cache's word") {
    test::temp_folder const folder;
    folder.write("page.js", "0123456789");
    folder.write("page.js.gz", "gzipped");
    folder.write("page.js.br", "brotli");
    testing::host host;
    host.serve_files("/plain", folder.path());
    host.serve_files(
        "/all", folder.path(), {.cache_control = "public, max-age=60", .precompressed = true});
    auto const whole = host.get("/plain/page.js", {{"Accept-Encoding", "gzip, br"}});
    CHECK(whole.body() == "0123456789");
    CHECK(whole.header("cache-control") == "no-cache");
    CHECK(whole.header("accept-ranges") == "bytes");
    CHECK(whole.header("vary").empty());
    auto const etag = whole.header("etag");
    auto const part = host.get("/plain/page.js", {{"Range", "bytes=2-4"}, {"If-Range", etag}});
    CHECK(part.status() == 206);
    CHECK(part.body() == "234");
    CHECK(part.header("content-range") == "bytes 2-4/10");
    CHECK(host.get("/plain/page.js", {{"Range", "bytes=2-4"}, {"If-Range", "\"old\""}}).status() ==
          200);
    auto const beyond = host.get("/plain/page.js", {{"Range", "bytes=10-"}});
    CHECK(beyond.status() == 416);
    CHECK(beyond.header("content-range") == "bytes */10");
    CHECK(host.get("/plain/page.js", {{"If-None-Match", etag}, {"Range", "bytes=0-1"}}).status() ==
          304);

    auto const br = host.get("/all/page.js", {{"Accept-Encoding", "gzip, br"}});
    CHECK(br.body() == "brotli");
    CHECK(br.header("content-encoding") == "br");
    CHECK(br.header("content-type") == whole.header("content-type"));
    CHECK(br.header("vary") == "Accept-Encoding");
    CHECK(br.header("cache-control") == "public, max-age=60");
    auto const gzip = host.get("/all/page.js", {{"Accept-Encoding", "br;q=0.5, gzip"}});
    CHECK(gzip.body() == "gzipped");
    CHECK(gzip.header("content-encoding") == "gzip");
    CHECK(gzip.header("etag") != br.header("etag"));
    auto const plain = host.get("/all/page.js", {{"Accept-Encoding", "br;q=0"}});
    CHECK(plain.body() == "0123456789");
    CHECK(plain.header("vary") == "Accept-Encoding");
    CHECK_THROWS_AS(testing::host().serve_files("/x", folder.path(), {.cache_control = "a\r\nb"}),
                    std::invalid_argument);
}

#include "sockjs/text.hpp"

#include "core/json_check.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace anywire;
using namespace anywire::sockjs;

TEST_CASE("the constant texts are the protocol's") {
    CHECK(greeting_body == "Welcome to SockJS!\n");
    CHECK(greeting_body.size() == 19);
    CHECK(open_frame == "o");
    CHECK(heartbeat_frame == "h");
}

TEST_CASE("a message frame is an array of one string") {
    std::string out = "x";
    append_message_frame(out, "a\"\xf0\x9f\x98\x80\xe2\x80\xa8");
    CHECK(out == R"(xa["a\"\ud83d\ude00\u2028"])");
    out.clear();
    append_message_frame(out, "");
    CHECK(out == R"(a[""])");
}

TEST_CASE("a close frame names its code and, in plain JSON, its reason") {
    std::string out;
    append_close_frame(out, 3000, "Go away!");
    CHECK(out == R"(c[3000,"Go away!"])");
    out.clear();
    append_close_frame(out, 2010, "\"\n\xf0\x9f\x98\x80\xff");
    CHECK(out == "c[2010,\"\\\"\\n\xf0\x9f\x98\x80\xef\xbf\xbd\"]");
}

TEST_CASE("the info document has the fields of the test suite, entropy unsigned") {
    CHECK(info_json(true, false, 4294967295u) ==
          R"({"websocket":true,"origins":["*:*"],"cookie_needed":false,"entropy":4294967295})");
    auto const json = info_json(false, true, 0, "https://example.com/\"e\"");
    CHECK(json == R"({"websocket":false,"origins":["*:*"],"cookie_needed":true,"entropy":0,)"
                  R"("base_url":"https://example.com/\"e\""})");
    CHECK_FALSE(check_json(json));
}

TEST_CASE("the iframe page is the test suite's, line by line") {
    CHECK(iframe_page("https://example.com/sockjs.min.js") ==
          R"(<!DOCTYPE html>
<html>
<head>
  <meta http-equiv="X-UA-Compatible" content="IE=edge" />
  <meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />
  <script src="https://example.com/sockjs.min.js"></script>
  <script>
    document.domain = document.domain;
    SockJS.bootstrap_iframe();
  </script>
</head>
<body>
  <h2>Don't panic!</h2>
  <p>This is a SockJS hidden iframe. It's used for cross domain magic.</p>
</body>
</html>)");
}

TEST_CASE("the url of the client cannot leave its attribute") {
    auto const page = iframe_page("/s.js?a=1&b='\"></script><script>");
    CHECK(page.find("src=\"/s.js?a=1&amp;b=&#39;&quot;&gt;&lt;/script&gt;&lt;script&gt;\">") !=
          std::string::npos);
}

TEST_CASE("the tag of a page is quoted, stable, and changes with the page") {
    auto const tag = etag_of(iframe_page("/a.js"));
    CHECK(tag.size() == 18);
    CHECK(tag.front() == '"');
    CHECK(tag.back() == '"');
    CHECK(tag == etag_of(iframe_page("/a.js")));
    CHECK(tag != etag_of(iframe_page("/b.js")));
    CHECK(etag_of("") == "\"cbf29ce484222325\"");
    CHECK(etag_of("foobar") == "\"85944171f73967e8\"");  // a test vector of FNV-1a
}

TEST_CASE("the head of htmlfile is the test suite's, padded past 1024 bytes") {
    auto const callback =
        GENERATE(as<std::string>{}, "callback", "c", "_jp.aaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    std::string out = "kept";
    append_htmlfile_head(out, callback);
    auto const head = out.substr(4);
    CHECK(head.size() > 1024);
    CHECK(head.substr(head.size() - 4) == "\r\n\r\n");
    auto const trimmed = head.substr(0, head.find_last_not_of(" \r\n") + 1);
    CHECK(trimmed == R"(<!doctype html>
<html><head>
  <meta http-equiv="X-UA-Compatible" content="IE=edge" />
  <meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />
</head><body><h2>Don't panic!</h2>
  <script>
    document.domain = document.domain;
    var c = parent.)" + callback +
                         R"(;
    c.start();
    function p(d) {c.message(d);};
    window.onload = function() {c.stop();};
  </script>)");
}

TEST_CASE("the careful head of htmlfile sets document.domain only where it must") {
    std::string out;
    append_htmlfile_head(out, "_jp.a1", htmlfile_head::careful);
    CHECK(out.size() > 1024);
    CHECK(out.find(R"(
  <script>
    var c;
    try { c = parent._jp.a1; } catch (e) {}
    if (!c) {
      document.domain = document.domain;
      c = parent._jp.a1;
    }
    c.start();
    function p(d) {c.message(d);};
    window.onload = function() {c.stop();};
  </script>)") != out.npos);
}

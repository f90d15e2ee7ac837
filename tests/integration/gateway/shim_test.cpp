#include "shim.hpp"

#include "support/running_server.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace anywire;
using namespace anywire::test;

TEST_CASE("the browser's WebSocket that falls back is served, and is not sent twice") {
    running_server server(on_free_port(), [](anywire::server& s) { gateway::serve_shim(s); });
    raw_client client(server.port());
    auto const r = client.get("/anywire.js");
    CHECK(r.status == 200);
    CHECK(r.body == gateway::shim_script());
    CHECK(r.body.starts_with("/*! anywire.js"));
    CHECK(r.body.ends_with("(typeof window !== 'undefined' ? window : this);\n"));
    CHECK(r.header("Content-Type") == "text/javascript; charset=UTF-8");
    CHECK(r.header("Cross-Origin-Resource-Policy") == "cross-origin");
    auto const tag = r.header("ETag");
    CHECK(client.get("/anywire.js", "If-None-Match: " + tag + "\r\n").status == 304);
    CHECK(client.get("/anywire.js", "If-None-Match: \"other\"\r\n").status == 200);
}

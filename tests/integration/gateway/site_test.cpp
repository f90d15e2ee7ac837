#include "site.hpp"

#include "gateway_server.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>

using namespace anywire;
using namespace anywire::test;

namespace {

struct with_site {
    explicit with_site(gateway::site_settings const& site)
        : front(on_free_port(), [&](server& s, gateway_server::place_finder const& here) {
              s.mount("/live", websocket_options{}, echo());
              gateway::mount_site(s, site, here);
          }) {}
    gateway_server front;
};

}  // namespace

TEST_CASE("a site is the script, and another server for the rest; routes go before it") {
    scripted_server back;
    with_site w({.pass_to = "http://127.0.0.1:" + std::to_string(back.port()), .max_body = 100});
    raw_client client(w.front.port());
    CHECK(client.get("/anywire.js").header("Content-Type") == "text/javascript; charset=UTF-8");
    CHECK(client.post("/a", std::string(101, 'x')).status == 413);
    raw_client other(w.front.port());
    other.send(other.request_bytes("GET", "/rest"));
    auto server = back.accept();
    CHECK(server.read_head().starts_with("GET /rest HTTP/1.1\r\n"));
    server.send("HTTP/1.1 204 No Content\r\n\r\n");
    CHECK(other.read_response().status == 204);
    CHECK(raw_client(w.front.port()).upgrade("/live").status == 101);
    CHECK(w.front.log.count("mount") == 0);
}

TEST_CASE("a site may be nothing, and cannot be two things") {
    with_site nothing({.shim = false});
    CHECK(raw_client(nothing.front.port()).get("/anywire.js").status == 404);
    CHECK_THROWS_AS(with_site({.files = "/tmp", .pass_to = "http://127.0.0.1:1"}),
                    std::invalid_argument);
}

// Routes of an application's own beside its sessions, over real connections.

#include <anywire/server.hpp>

#include "support/raw_client.hpp"
#include "support/running_server.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <string>
#include <thread>
#include <unistd.h>
#include <utility>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

TEST_CASE("routes are served beside sessions on one connection, and HEAD has no body") {
    auto const threads = GENERATE(1u, 3u);
    running_server s(on_free_port(threads), [](server& at) {
        at.mount("/echo", sockjs_options{}, echo());
        at.route("GET", "/hello/:name", [](route_request const& r) {
            return http_answer{.body = "hello " + r.param("name")};
        });
        at.route("POST", "/length", [](route_request const& r) {
            return http_answer{.body = std::to_string(r.body().size())};
        });
    });
    raw_client c(s.port());
    CHECK(c.get("/hello/ann").body == "hello ann");
    CHECK(c.post("/echo/000/abc/xhr").body == "o\n");
    CHECK(c.post("/length", std::string(60'000, 'x')).body == "60000");
    c.send("HEAD /hello/ann HTTP/1.1\r\nHost: a\r\n\r\nGET /hello/bob HTTP/1.1\r\nHost: a\r\n\r\n");
    auto const all = c.read_until("hello bob");
    CHECK(all.find("hello ann") == std::string::npos);
    CHECK(all.find("Content-Length: 9\r\n") != std::string::npos);
    raw_client big(s.port());
    CHECK(big.post("/length", std::string(70'000, 'x')).status == 413);
}

TEST_CASE("a route's answer comes from another thread, and a client may go before it") {
    std::thread worker;
    notes seen;
    running_server s(on_free_port(2), [&](server& at) {
        at.route("GET", "/slow", [&](route_request const&, http_responder to) {
            worker = std::thread([to = std::move(to)] { to.answer(200, "at last"); });
        });
        at.route("GET", "/never", [&](route_request const&, http_responder to) {
            seen.add("asked");
            static http_responder* kept = nullptr;
            delete std::exchange(kept, new http_responder(std::move(to)));
        });
    });
    raw_client c(s.port());
    CHECK(c.get("/slow").body == "at last");
    worker.join();
    {
        raw_client gone(s.port());
        gone.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n");
        REQUIRE(seen.wait_for("asked"));
    }
    raw_client again(s.port());
    again.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(seen.wait_for("asked", 2));
    CHECK(c.get("/nowhere").status == 404);
}

TEST_CASE("a server that runs until a signal says goodbye to its sessions when one comes") {
    notes seen;
    server at(on_free_port());
    at.mount("/ws", websocket_options{}, noting_echo(seen));
    std::thread runs([&] { at.run_until_signal(5s); });
    raw_client c(at.port());
    REQUIRE(c.upgrade("/ws").status == 101);
    REQUIRE(seen.wait_for("open"));
    ::kill(::getpid(), SIGTERM);
    CHECK(c.read_frame().close_code() == 1001);
    c.send(client_close(1001));
    runs.join();
    CHECK(seen.wait_for("close shutting_down"));
}

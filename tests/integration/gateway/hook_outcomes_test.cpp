// What the balancer is told of each session behind hooks: exactly one outcome for each server that
// was chosen, and one end for each that was opened.

#include "hooked_application.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <string>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
namespace gw = anywire::gateway;

TEST_CASE("a session that was let in is closed once, however it ends") {
    hooked h([](gw::route_settings& s) { s.hooks.timeout = 300ms; });
    auto client = h.client();
    h.open(client);
    std::string lost = "0";
    SECTION("by its client's goodbye") {
        client.send(client_frame(8, std::string("\x03\xe8", 2)));
        h.app.next().answer("");
    }
    SECTION("by its client's goodbye, which the application does not answer") {
        client.send(client_frame(8, std::string("\x03\xe8", 2)));
        auto const unanswered = h.app.next();
        CHECK(h.outcome() == "opened 1 failed 0 lost 0");
    }
    SECTION("by a client that goes without a word") {
        client.reset();
        h.app.next().answer("");
    }
    SECTION("by a client that goes while a message is under way, which fails") {
        client.send_text("1");
        auto message = h.app.next();
        client.reset();
        CHECK(h.client().get("/settle").status == 404);
        message.peer.reset();
        CHECK(h.app.next().body == "DISCONNECT\r\n");
    }
    SECTION("by the application") {
        client.send_text("1");
        h.app.next().answer("CLOSE 2\r\n\x0f\xa0\r\n");
        CHECK(client.read_close().close_code() == 4000);
    }
    SECTION("by an application that is not there any more") {
        h.app.server.close();
        client.send_text("1");
        CHECK(client.read_close().close_code() == 1012);
        lost = "1";
    }
    CHECK(h.outcome() == "opened 1 failed 0 lost " + lost);
}

TEST_CASE("a session whose message failed is closed once, when the application knows") {
    hooked h([](gw::route_settings& s) { s.hooks.timeout = 300ms; });
    auto client = h.client();
    h.open(client);
    client.send_text("1");
    auto message = h.app.next();
    SECTION("by an answer that is a fault") {
        message.answer_with("500 Internal Server Error", "", "");
        CHECK(client.read_close().close_code() == 1011);
        auto goodbye = h.app.next();
        CHECK(goodbye.body == "DISCONNECT\r\n");
        CHECK(goodbye.field("Anywire-Event") == "disconnect");
        SECTION("which the application hears of") {
            goodbye.answer("");
        }
        SECTION("which the application does not hear of") {
            goodbye.peer.reset();
        }
        SECTION("which the application does not answer") {
            CHECK(h.outcome() == "opened 1 failed 0 lost 0");
        }
    }
    SECTION("by a refusal, and another message after it") {
        client.send_text("2");
        client.send(client_frame(9, "now"));
        CHECK(client.read_frame().payload == "now");
        message.answer_with("403 Forbidden", "", "");
        CHECK(client.read_close().close_code() == 1008);
        auto goodbye = h.app.next();
        CHECK(goodbye.body == "DISCONNECT\r\n");
        goodbye.answer("");
    }
    SECTION("by no answer") {
        CHECK(client.read_close().close_code() == 1013);
        h.app.next().answer("");
    }
    SECTION("by an answer that breaks off") {
        message.peer.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nTEXT");
        CHECK(client.read_close().close_code() == 1013);
        h.app.next().answer("");
    }
    CHECK(h.outcome() == "opened 1 failed 0 lost 0");
}

TEST_CASE("an attempt that fails is one failure, with or without its client") {
    hooked h([](gw::route_settings& s) { s.connect_timeout = 300ms; });
    auto client = h.client();
    client.send(client.upgrade_bytes("/live"));
    auto open = h.app.next();
    SECTION("by a fault") {
        open.answer_with("500 Internal Server Error", "", "");
        CHECK(client.read_response().status == 502);
    }
    SECTION("by no answer") {
        CHECK(client.read_response().status == 504);
    }
    SECTION("by an answer that breaks off") {
        open.peer.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nTEXT");
        open.peer.close();
        CHECK(client.read_response().status == 502);
    }
    SECTION("by a fault after its client has gone") {
        client.reset();
        CHECK(h.client().get("/settle").status == 404);
        open.answer_with("500 Internal Server Error", "", "");
    }
    SECTION("by no answer after its client has gone") {
        client.reset();
    }
    CHECK(h.outcome() == "opened 0 failed 1 lost 0");
}

TEST_CASE("a server that is silent has failed, also where there was less time for it") {
    application broken;
    application silent;
    hooked h([](gw::route_settings& s) { s.connect_timeout = 400ms; },
             {broken.url(), silent.url()});
    auto client = h.client();
    client.send(client.upgrade_bytes("/live"));
    broken.next().answer_with("500 Internal Server Error", "", "");
    auto const unanswered = silent.next();
    CHECK(client.read_response().status == 504);
    CHECK(h.outcome(0) == "opened 0 failed 1 lost 0");
    CHECK(h.outcome(1) == "opened 0 failed 1 lost 0");
}

TEST_CASE("what says nothing of a server is no failure") {
    hooked h([](gw::route_settings& s) {
        s.connect_timeout = 300ms;
        s.hooks.max_in_flight = 1;
    });
    auto ann = h.client();
    SECTION("a refusal") {
        ann.send(ann.upgrade_bytes("/live"));
        h.app.next().answer_with("403 Forbidden", "", "");
        CHECK(ann.read_response().status == 403);
        CHECK(h.outcome() == "opened 0 failed 0 lost 0");
    }
    SECTION("a POST that had no turn in time") {
        h.open(ann);
        ann.send_text("1");
        auto message = h.app.next();
        auto bob = h.client();
        bob.send(bob.upgrade_bytes("/live"));
        CHECK(bob.read_response().status == 504);
        message.answer("CLOSE 2\r\n\x0f\xa0\r\n");
        CHECK(h.outcome() == "opened 1 failed 0 lost 0");
    }
}

// Events that are sent until they are acknowledged, and what a server lets a client recover.
#include "support/socketio_client_fixture.hpp"

#include <catch2/catch.hpp>

namespace anywire::test {

using namespace std::chrono_literals;

TEST_CASE("with retries one event is on its way at a time", "[socketio_client]") {
    client_script t;
    auto& s = t.joined({.retries = 2, .ack_timeout = 1s});
    strings heard;
    for (int i = 0; i < 3; ++i)
        s.emit("n", i, [&heard, i](error_code error) {
            heard.push_back(std::to_string(i) + (error ? " " + error.message() : ""));
        });
    s.emit("silent", 3);
    s.volatile_().emit("v");
    REQUIRE(t.took() == strings{R"(20["n",0])", R"(2["v"])"});
    t.hear("30[]");
    REQUIRE(heard == strings{"0"});
    REQUIRE(t.took() == strings{R"(21["n",1])"});
    SECTION("an answer that is late makes it go again") {
        t.pass(1100ms);
        REQUIRE(t.took() == strings{R"(22["n",1])"});
        t.hear("31[]");  // of the first try: nobody waits for it
        REQUIRE(heard == strings{"0"});
        t.pass(1100ms);
        REQUIRE(t.took() == strings{R"(23["n",1])"});
        t.pass(1100ms);
        REQUIRE(heard.back() == "1 " + make_error_code(errc::ack_timeout).message());
        REQUIRE(t.took() == strings{R"(24["n",2])"});
        t.hear("34[]");
        t.hear("35[]");
        REQUIRE(heard.back() == "2");
        REQUIRE(t.took() == strings{R"(25["silent",3])"});
        REQUIRE(s.buffered_bytes() == 0);
    }
    SECTION("a cut does, too") {
        t.cut();
        REQUIRE(heard == strings{"0"});
        s.emit("n", 4);
        t.open();
        (void)t.took();
        t.hear(R"(0{"sid":"two"})");
        REQUIRE(t.took() == strings{R"(22["n",1])"});
        t.hear("32[]");
        REQUIRE(t.took() == strings{R"(23["n",2])"});
    }
    SECTION("until it has been tried often enough") {
        for (int i = 0; i < 3; ++i) {
            t.cut();
            t.open();
            t.hear(R"(0{"sid":"again"})");
        }
        REQUIRE(heard.back() == "1 " + make_error_code(errc::session_closed).message());
        REQUIRE(t.took().back() == R"(24["n",2])");
    }
    SECTION("a full connection is no try") {
        t.wire.is_full = true;
        t.hear("31[]");
        t.core->on_drain();
        REQUIRE(t.took().empty());
        t.wire.is_full = false;
        t.core->on_drain();
        REQUIRE(t.took() == strings{R"(22["n",2])"});
    }
}

TEST_CASE("what waits for its turn is bounded", "[socketio_client]") {
    client_script t({.max_buffered_bytes = 300});
    auto& s = t.io.socket("/", {.retries = 1});
    REQUIRE(s.emit("a", std::string(100, 'x')).has_value());
    REQUIRE(s.emit("b", std::string(200, 'x')).error() == errc::send_queue_full);
}

TEST_CASE("an answer that does not fit is an answer", "[socketio_client]") {
    client_script t;
    auto& s = t.joined({.retries = 5});
    error_code why;
    s.emit("a", [&](error_code error, int) { why = error; });
    s.emit("b");
    t.hear(R"(30["no number"])");
    REQUIRE(why == errc::bad_arguments);
    REQUIRE(t.took().back() == R"(21["b"])");
}

TEST_CASE("a client says where it was cut off", "[socketio_client]") {
    client_script t;
    strings heard;
    auto& s = t.io.socket("/", {.auth = {{"token", "x"}}});
    note_all(s, heard);
    s.on("e", [&](int n) { heard.push_back(std::to_string(n)); });
    s.connect();
    t.open();
    t.hear(R"(0{"sid":"one","pid":"secret"})");
    t.hear(R"(2["e",1,"off1"])");
    t.hear(R"(25["e",2,"text of an event with an answer"])");
    t.hear("2[\"e\",3,\"" + std::string(300, 'x') + "\"]");
    (void)t.took();
    t.cut();
    t.open();
    REQUIRE(t.took() == strings{R"(0{"pid":"secret","offset":"off1","token":"x"})"});
    t.hear(R"(2["e",4,"off2"])");
    REQUIRE(heard.back() == "disconnect transport close");
    SECTION("and goes on there") {
        t.hear(R"(0{"sid":"one","pid":"secret"})");
        REQUIRE(heard == strings{"connect one",
                                 "1",
                                 "2",
                                 "3",
                                 "disconnect transport close",
                                 "4",
                                 "connect one recovered"});
        t.cut();
        t.open();
        REQUIRE(t.took() == strings{R"(0{"pid":"secret","offset":"off2","token":"x"})"});
    }
    SECTION("or is cut off again before it is in: nothing comes twice") {
        t.cut();
        t.open();
        REQUIRE(t.took() == strings{R"(0{"pid":"secret","offset":"off1","token":"x"})"});
        t.hear(R"(2["e",4,"off2"])");
        t.hear(R"(0{"sid":"one","pid":"secret"})");
        REQUIRE(std::count(heard.begin(), heard.end(), "4") == 1);
    }
    SECTION("or is new") {
        t.hear(R"(0{"sid":"two","pid":"other"})");
        REQUIRE(heard.back() == "connect two");
        t.cut();
        t.open();
        // Of the new session it has seen one event: `4`.
        REQUIRE(t.took() == strings{R"(0{"pid":"other","offset":"off2","token":"x"})"});
    }
    SECTION("and not after it has left") {
        t.hear(R"(0{"sid":"one","pid":"secret"})");
        s.disconnect();
        t.home->run();
        t.cut();
        t.core->on_end();
        s.connect();
        t.open();
        REQUIRE(t.took().back() == R"(0{"token":"x"})");
    }
}

TEST_CASE("events that come before the answer are bounded", "[socketio_client]") {
    client_script t({.max_buffered_bytes = 500});
    strings heard;
    auto& s = t.io.socket();
    note_all(s, heard);
    s.connect();
    t.open();
    t.hear(R"(0{"sid":"one","pid":"secret"})");
    t.hear(R"(2["e","off1"])");
    t.cut();
    t.open();
    (void)t.took();
    t.hear("2[\"e\",\"" + std::string(400, 'x') + "\"]");
    t.hear("2[\"e\",\"" + std::string(100, 'x') + "\"]");
    REQUIRE(heard.back() == "error parse error");
    REQUIRE(t.took() == strings{"give up: protocol_error"});
    t.cut(close_reason::protocol_error);
    t.open();
    REQUIRE(t.took() == strings{"0"});
}

}  // namespace anywire::test

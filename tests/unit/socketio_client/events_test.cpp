// Events of a client, both ways, and their answers.
#include <anywire/coro.hpp>

#include "support/socketio_client_fixture.hpp"

#include <catch2/catch.hpp>

#include <future>
#include <optional>
#include <stdexcept>

namespace anywire::test {

using namespace std::chrono_literals;
using sio::client_socket;

TEST_CASE("handlers have types, and answer", "[socketio_client]") {
    client_script t;
    auto& s = t.joined();
    strings heard;
    s.on("sum", [](client_socket& of, int a, int b, sio::ack<int> done) {
        REQUIRE(of.is_connected());
        done(a + b);
    });
    s.on("bytes", [&](std::vector<std::byte> bytes, sio::ack<std::vector<std::byte>> done) {
        heard.push_back(std::to_string(bytes.size()));
        done(bytes);
    });
    s.once("once", [&] { heard.emplace_back("once"); });
    auto const id = s.on("off", [&] { heard.emplace_back("off"); });
    s.on("off", [&] { heard.emplace_back("stays"); });
    s.off(id);
    t.hear(R"(27["sum",1,2])");
    t.hear(R"(28["sum",1,"x"])");
    t.hear(R"(51-9["bytes",{"_placeholder":true,"num":0}])");
    t.hear_bytes("abc");
    t.hear(R"(2["once"])");
    t.hear(R"(2["once"])");
    t.hear(R"(2["off"])");
    t.hear(R"(2["unknown"])");
    REQUIRE(heard == strings{"3", "once", "stays"});
    REQUIRE(t.took() == strings{"37[3]",
                                R"(38[{"error":"argument 2: expected integer"}])",
                                R"(61-9[{"_placeholder":true,"num":0}])",
                                "bytes abc"});
    REQUIRE(t.lines.size() == 1);
    s.off("off");
    t.hear(R"(2["off"])");
    REQUIRE(heard.size() == 3);
}

TEST_CASE("catch-alls see what comes and goes", "[socketio_client]") {
    client_script t;
    auto& s = t.joined();
    strings heard;
    s.on("a", [&] { heard.emplace_back("handler"); });
    s.on_any([&](sio::event const& e) { heard.push_back("any " + std::string(e.name())); });
    s.prepend_any([&](sio::event const&) { heard.emplace_back("first"); });
    s.on_any_outgoing([&](sio::event const& e) {
        heard.push_back("out " + std::string(e.name()) + " " + std::to_string(e.args().size()));
        s.emit("meanwhile");
    });
    t.hear(R"(2["a",1])");
    s.emit("b", 1, "two");
    REQUIRE(heard == strings{"first", "any a", "handler", "out b 2"});
    REQUIRE(t.took() == strings{R"(2["b",1,"two"])", R"(2["meanwhile"])"});
    s.off_any();
    s.off_any_outgoing();
    t.hear(R"(2["a"])");
    s.emit("b");
    REQUIRE(heard.size() == 5);
}

TEST_CASE("an answer comes, or an error", "[socketio_client]") {
    client_script t;
    auto& s = t.joined();
    strings heard;
    auto const note = [&](error_code error, int n) {
        heard.push_back(error ? error.message() : std::to_string(n));
    };
    s.emit("q", 1, note);
    s.timeout(1s).emit("q", 2, note);
    s.emit("q", 3, [&](int n) { heard.push_back("plain " + std::to_string(n)); });
    REQUIRE(t.took() == strings{R"(20["q",1])", R"(21["q",2])", R"(22["q",3])"});
    t.hear("30[10]");
    t.hear("30[10]");  // nobody waits for it
    t.hear("399[1]");
    t.hear("3[1]");
    REQUIRE(heard == strings{"10"});
    t.pass(1100ms);
    REQUIRE(heard == strings{"10", make_error_code(errc::ack_timeout).message()});
    t.hear("31[20]");
    t.hear(R"(32["no number"])");
    REQUIRE(heard.size() == 2);
    s.emit("q", note);
    s.emit("q", [&](int) { heard.emplace_back("never"); });
    t.cut();
    REQUIRE(heard.size() == 3);
    REQUIRE(heard.back() == make_error_code(errc::session_closed).message());
}

TEST_CASE("ack_timeout is for emits that do not say", "[socketio_client]") {
    client_script t;
    auto& s = t.joined({.ack_timeout = 500ms});
    int late = 0;
    s.emit("q", [&](error_code error) { late += error == errc::ack_timeout; });
    s.timeout(2s).emit("q", [&](error_code error) { late += error == errc::ack_timeout; });
    t.pass(600ms);
    REQUIRE(late == 1);
    t.pass(2s);
    REQUIRE(late == 2);
}

TEST_CASE("answers that are waited for are bounded", "[socketio_client]") {
    client_script t({.max_pending_acks = 3});
    auto& s = t.joined();
    strings heard;
    for (int i = 0; i < 5; ++i)
        s.emit("q", [&heard, i](error_code error) {
            heard.push_back(std::to_string(i) + (error ? " late" : ""));
        });
    REQUIRE(heard.empty());
    t.pass(50ms);
    REQUIRE(heard == strings{"0 late", "1 late"});
    t.hear("34[]");
    t.hear("32[]");
    REQUIRE(heard == strings{"0 late", "1 late", "4", "2"});
}

TEST_CASE("what is emitted while there is no connection waits", "[socketio_client]") {
    client_script t({.max_buffered_bytes = 400});
    auto& s = t.io.socket();
    strings heard;
    s.on_any_outgoing([&](sio::event const& e) { heard.emplace_back(e.name()); });
    s.emit("a", 1);
    s.timeout(1s).emit("b", [&](error_code error) { heard.push_back(error.message()); });
    s.emit("c", std::vector<std::byte>(2, std::byte{'x'}));
    REQUIRE(s.volatile_().emit("v").error() == errc::message_dropped);
    REQUIRE(s.emit("big", std::string(300, 'x')).error() == errc::send_queue_full);
    REQUIRE(heard.empty());
    REQUIRE(s.buffered_bytes() > 200);
    t.pass(1100ms);  // an event whose answer is not waited for any more is not sent
    REQUIRE(heard == strings{make_error_code(errc::ack_timeout).message()});
    s.connect();
    t.open();
    REQUIRE(t.took() == strings{"connect", "0"});
    t.hear(R"(0{"sid":"x"})");
    REQUIRE(t.took() ==
            strings{R"(2["a",1])", R"(51-["c",{"_placeholder":true,"num":0}])", "bytes xx"});
    REQUIRE(heard.back() == "c");
    REQUIRE(s.buffered_bytes() == 0);
    t.cut();
    REQUIRE(s.emit("one always may", std::string(1000, 'x')).has_value());
}

TEST_CASE("what listeners emit while the queue empties comes after it", "[socketio_client]") {
    client_script t;
    auto& s = t.io.socket();
    s.on_any_outgoing([&](sio::event const&) { s.emit("echo"); });
    s.emit("a");
    s.emit("b");
    s.connect();
    t.open();
    (void)t.took();
    t.hear(R"(0{"sid":"x"})");
    REQUIRE(t.took() == strings{R"(2["a"])", R"(2["b"])", R"(2["echo"])", R"(2["echo"])"});
}

TEST_CASE("a full connection refuses, and says when there is room", "[socketio_client]") {
    client_script t;
    auto& s = t.joined();
    int drained = 0;
    s.on_drain([&] { ++drained; });
    t.wire.is_full = true;
    int called = 0;
    REQUIRE(s.emit("a", [&](error_code) { ++called; }).error() == errc::send_queue_full);
    REQUIRE(s.volatile_().emit("v").error() == errc::message_dropped);
    t.wire.is_full = false;
    t.core->on_drain();
    REQUIRE(drained == 1);
    REQUIRE(called == 0);
    t.wire.writable = false;
    REQUIRE(s.volatile_().emit("v").error() == errc::message_dropped);
    REQUIRE(s.emit("b").has_value());
    t.wire.writable = true;
    REQUIRE(s.volatile_().emit("v").has_value());
    s.compress(false).emit("plain");
    REQUIRE(t.took() == strings{R"(2["b"])", R"(2["v"])", R"(2["plain"] plain)"});
}

TEST_CASE("what waits stays in order where the connection is full", "[socketio_client]") {
    client_script t;
    auto& s = t.io.socket();
    s.emit("a");
    s.emit("b");
    s.connect();
    t.open();
    (void)t.took();
    t.wire.is_full = true;
    t.hear(R"(0{"sid":"x"})");
    s.emit("c");
    REQUIRE(t.took().empty());
    t.wire.is_full = false;
    t.core->on_drain();
    REQUIRE(t.took() == strings{R"(2["a"])", R"(2["b"])", R"(2["c"])"});
}

TEST_CASE("a namespace is joined when there is room for its packet", "[socketio_client]") {
    client_script t;
    auto& s = t.io.socket();
    s.connect();
    t.wire.is_full = true;
    t.open();
    t.wire.is_full = false;
    t.core->on_drain();
    REQUIRE(t.took() == strings{"connect", "0"});
}

TEST_CASE("answers to another connection's events are dropped", "[socketio_client]") {
    client_script t;
    auto& s = t.joined();
    std::vector<sio::ack<int>> kept;
    s.on("q", [&](sio::ack<int> done) { kept.push_back(done); });
    t.hear(R"(25["q"])");
    t.cut();
    t.open();
    t.hear(R"(0{"sid":"two"})");
    t.hear(R"(20["q"])");
    (void)t.took();
    kept[0](1);
    REQUIRE(t.took().empty());
    kept[1](2);
    kept[1](3);
    REQUIRE(t.took() == strings{"30[2]"});
}

TEST_CASE("a handler that throws costs the session", "[socketio_client]") {
    client_script t;
    auto& s = t.joined();
    strings heard;
    note_all(s, heard);
    s.on("bad", [] { throw std::runtime_error("oh"); });
    s.on("bad", [&] { heard.emplace_back("never"); });
    t.hear(R"(2["bad"])");
    REQUIRE(heard == strings{"disconnect forced close"});
    REQUIRE(t.took() == strings{"give up: handler_failed"});
    REQUIRE(t.lines == strings{"a socket.io handler threw: oh"});
    t.hear(R"(2["bad"])");  // what was on its way is not heard
    t.cut(close_reason::handler_failed);
    t.open();
    t.hear(R"(0{"sid":"two"})");
    REQUIRE(heard == strings{"disconnect forced close", "connect two"});
}

TEST_CASE("other threads may use a socket", "[socketio_client]") {
    client_script t;
    strings heard;
    t.home->here = false;
    auto& s = t.io.socket();
    note_all(s, heard);
    s.on("a", [&] { heard.emplace_back("a"); });
    s.connect();
    s.emit("b", [&](error_code error) { heard.push_back(error.message()); });
    REQUIRE(s.volatile_()
                .emit("v", [&](error_code error) { heard.push_back(error.message()); })
                .has_value());
    REQUIRE(t.took().empty());
    t.home->here = true;
    t.home->run();
    REQUIRE(heard == strings{make_error_code(errc::message_dropped).message()});
    t.open();
    t.hear(R"(0{"sid":"x"})");
    t.hear(R"(2["a"])");
    REQUIRE(t.took() == strings{"connect", "0", R"(20["b"])"});
    REQUIRE(heard.size() == 3);
}

TEST_CASE("a client that has gone calls nothing", "[socketio_client]") {
    strings heard;
    std::shared_ptr<sio::manager_core> kept;
    {
        client_script t;
        kept = t.core;
        auto& s = t.joined();
        note_all(s, heard);
        s.on("last", [&] { t.core->abandon(); });
        s.on("last", [&] { heard.emplace_back("never"); });
        s.emit("q", [&](error_code) { heard.emplace_back("never"); });
        t.hear(R"(2["last"])");
        t.cut();
    }
    REQUIRE(heard.empty());
}

TEST_CASE("coroutines await answers", "[socketio_client][coroutines]") {
    client_script t;
    auto& s = t.joined();
    strings heard;
    s.on("go", [&](client_socket& of, std::string text) -> task<> {
        auto const sum = co_await of.timeout(1s).async_emit<int>("sum", 1, 2);
        heard.push_back(text + " " + (sum ? std::to_string(*sum) : sum.error().message()));
        co_await of.async_wait(100ms);
        auto const both = co_await of.async_emit<int, std::string>("both");
        heard.push_back(both ? std::get<1>(*both) : both.error().message());
    });
    t.hear(R"(2["go","it is"])");
    REQUIRE(t.took() == strings{R"(20["sum",1,2])"});
    SECTION("that come") {
        t.hear("30[3]");
        t.pass(200ms);
        t.home->run();
        REQUIRE(t.took() == strings{R"(21["both"])"});
        t.hear(R"(31[1,"two"])");
        REQUIRE(heard == strings{"it is 3", "two"});
    }
    SECTION("that come too late, or never") {
        t.pass(1100ms);
        t.home->run();
        t.pass(200ms);
        t.home->run();
        t.cut();
        t.home->run();
        REQUIRE(heard == strings{"it is " + make_error_code(errc::ack_timeout).message(),
                                 make_error_code(errc::session_closed).message()});
    }
}

TEST_CASE("a timer belongs to the client, not to a connection", "[socketio_client]") {
    client_script t;
    auto& s = t.io.socket();
    int called = 0;
    s.after(200ms, [&](client_socket& of) {
        REQUIRE(&of == &s);
        ++called;
    });
    t.pass(100ms);
    REQUIRE(called == 0);
    t.pass(200ms);
    REQUIRE(called == 1);
}

TEST_CASE("a coroutine that the program starts runs where its client does", "[socketio_client]") {
    client_script t;
    auto& s = t.joined();
    t.home->here = false;
    auto ended = s.start([](client_socket& of) -> task<> {
        auto const sum = co_await of.async_emit<int>("sum", 1, 2);
        if (!sum) throw std::runtime_error(sum.error().message());
        of.emit("it is", *sum);
    });
    REQUIRE(t.took().empty());
    t.home->here = true;
    t.home->run();
    REQUIRE(t.took() == strings{R"(20["sum",1,2])"});
    auto const is_over = [&] { return ended.wait_for(0s) == std::future_status::ready; };
    SECTION("to its end") {
        REQUIRE_FALSE(is_over());
        t.hear("30[3]");
        REQUIRE(t.took() == strings{R"(2["it is",3])"});
        REQUIRE(is_over());
        ended.get();
    }
    SECTION("or to what it throws, which is a handler's exception") {
        t.hear(R"(30["three"])");
        REQUIRE(is_over());
        REQUIRE_THROWS_AS(ended.get(), std::runtime_error);
        REQUIRE(t.took().back() == "give up: handler_failed");
    }
    SECTION("or to the end of its client") {
        t.core->abandon();
        t.cut();
        t.home->run();
        REQUIRE(is_over());
        REQUIRE_THROWS_AS(ended.get(), std::future_error);
    }
}

}  // namespace anywire::test

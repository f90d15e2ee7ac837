// One socket of a Socket.IO server, over the wire: what it hears, sends and knows.
#include "integration/socketio_client.hpp"

#include <any>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
using strings = std::vector<std::string>;

TEST_CASE("listeners come and go, also while they are called") {
    socketio_test_server tested(1, [](sio::server const& io, notes& seen) {
        io.on_connection([&seen](sio::socket& s) {
            auto const first = std::make_shared<sio::listener_id>();
            *first = s.on("e", [&seen, &s, first](int n) {
                seen.add("first " + std::to_string(n));
                s.off(*first);
                s.on("e", [&seen](int m) { seen.add("later " + std::to_string(m)); });
            });
            s.once("e", [&seen](int n) { seen.add("once " + std::to_string(n)); });
            s.on("all off", [&s] { s.off("e"); });
            s.on_any([&seen](sio::event const& e) { seen.add("any " + std::string(e.name())); });
            auto const gone = s.prepend_any([&seen](sio::event const&) { seen.add("never"); });
            s.off(gone);
            s.prepend_any([&seen](sio::event const& e) {
                seen.add("before " + std::string(e.name()) + (e.wants_ack() ? " ack" : ""));
            });
            s.on("no any", [&s] { s.off_any(); });
        });
    });
    sio_client c(tested.port());
    (void)c.join();
    for (auto const* p : {R"(2["e",1])",
                          R"(2["e",2])",
                          R"(2["all off"])",
                          R"(25["e",3])",
                          R"(2["no any"])",
                          R"(2["e",4])"})
        c.packet(p);
    (void)c.flush();
    CHECK(tested.seen.all() == strings{"connection /",
                                       "before e",
                                       "any e",
                                       "first 1",
                                       "once 1",
                                       "before e",
                                       "any e",
                                       "later 2",
                                       "before all off",
                                       "any all off",
                                       "before e ack",
                                       "any e",
                                       "before no any",
                                       "any no any"});
}

TEST_CASE(
    "outgoing events are shown before they go, broadcasts when they have, and not what is emitted "
    "meanwhile") {
    auto const threads = GENERATE(1u, 4u);
    socketio_test_server tested(threads, [](sio::server const& io, notes& seen) {
        io.on_connection([&seen, io](sio::socket& s) {
            s.on_any_outgoing([&](sio::event const& e) {
                seen.add("out " + std::string(e.name()) + " " + std::to_string(e.args().size()));
                s.emit("echo of", std::string(e.name()));
            });
            s.on("go", [&s, io] {
                s.emit("direct", 1, 2);
                io.emit("broadcast", 3);
                s.off_any_outgoing();
                s.emit("unseen");
            });
        });
    });
    sio_client c(tested.port());
    (void)c.join();
    c.packet(R"(2["go"])");
    auto const got = c.flush();
    CHECK(got == strings{R"(2["echo of","direct"])",
                         R"(2["direct",1,2])",
                         R"(2["broadcast",3])",
                         R"(2["unseen"])"});
    CHECK(tested.seen.all() == strings{"connection /", "out direct 2"});
}

TEST_CASE("a socket's middlewares decide over every event, in order, at once or later") {
    auto const threads = GENERATE(1u, 4u);
    std::mutex mutex;
    std::vector<sio::next> waiting;
    socketio_test_server tested(threads, [&](sio::server const& io, notes& seen) {
        io.on_connection([&](sio::socket& s) {
            s.use([&](sio::event const& e, sio::next go_on) {
                seen.add("first " + std::string(e.name()));
                if (e.name() == "refused") return go_on({.message = "no"});
                if (e.name() == "dropped") return;
                if (e.name() != "later") return go_on();
                std::scoped_lock const lock(mutex);
                waiting.push_back(go_on);
                seen.add("waiting");
            });
            s.use([&](sio::event const& e, sio::next go_on) {
                seen.add("second " + std::string(e.name()));
                go_on();
                go_on({.message = "too late"});
            });
            s.on_error([&](sio::connect_error const& why) { seen.add("error " + why.message); });
            s.on("later", [&](int n, sio::ack<int> done) { done(n); });
            s.on("plain", [&] { seen.add("plain"); });
            s.on("refused", [&] { seen.add("never"); });
            s.on("dropped", [&] { seen.add("never"); });
        });
    });
    sio_client c(tested.port());
    (void)c.join();
    c.packet(R"(2["refused"])");
    c.packet(R"(2["dropped"])");
    c.packet(R"(21["later",5])");
    c.packet(R"(2["plain"])");
    REQUIRE(tested.seen.wait_for("waiting"));
    settle(tested.server);
    CHECK(tested.seen.count("plain") == 0);
    waiting.at(0)();
    CHECK(c.next() == "31[5]");
    REQUIRE(tested.seen.wait_for("plain"));
    CHECK(tested.seen.all() == strings{"connection /",
                                       "first refused",
                                       "error no",
                                       "first dropped",
                                       "error No decision was made",
                                       "first later",
                                       "waiting",
                                       "second later",
                                       "first plain",
                                       "second plain",
                                       "plain"});
}

TEST_CASE(
    "an event that waits does not keep other namespaces from being read when its socket leaves") {
    std::vector<sio::next> waiting;
    socketio_test_server tested(1, [&](sio::server const& io, notes& seen) {
        io.of("/b").on_connection([&](sio::socket& s) {
            s.use([&](sio::event const&, sio::next go_on) {
                waiting.push_back(std::move(go_on));
                seen.add("waiting");
            });
            s.on("e", [&] { seen.add("never"); });
        });
    });
    sio_client c(tested.port());
    (void)c.join();
    (void)c.join("/b");
    c.packet(R"(2/b,["e"])");
    REQUIRE(tested.seen.wait_for("waiting"));
    tested.io.of("/b").disconnect_sockets();
    CHECK(c.next() == "1/b,");
    CHECK(c.flush().empty());
    waiting.at(0)();
    CHECK(c.flush().empty());
}

TEST_CASE("a socket knows its handshake, auth, data and transport") {
    sio::options o;
    o.authorize = [](request const& r, decision d) {
        r.query().find("bad") == std::string_view::npos ? d.accept(std::string("user"))
                                                        : d.refuse(401);
    };
    auto const threads = GENERATE(1u, 4u);
    socketio_test_server tested(
        threads,
        [](sio::server const& io, notes&) {
            io.use([](sio::socket& s, sio::next go_on) {
                CHECK_FALSE(s.is_connected());
                s.data() = 5;
                go_on();
            });
            io.on_connection([](sio::socket& s) {
                CHECK(s.is_connected());
                CHECK(s.nsp_name() == "/");
                CHECK(s.recovery_result() == sio::recovery::not_asked);
                CHECK(std::any_cast<int>(s.data()) == 5);
                CHECK(std::any_cast<std::string>(s.connection_data()) == "user");
                CHECK(s.auth().find("token")->equals("x"));
                auto const h = s.handshake();
                CHECK(h.address == "127.0.0.1");
                CHECK_FALSE(h.secure);
                CHECK_FALSE(h.xdomain);
                CHECK(h.issued > 1'600'000'000'000);
                CHECK(h.query.size() == 3);
                CHECK(h.auth.view().text() == R"({"token":"x"})");
                CHECK(s.request().header("host").starts_with("127"));
                s.emit("about", s.transport(), s.queued_bytes() > 0, h);
            });
        },
        o);
    sio_client c(tested.port(), "/socket.io/?EIO=4&transport=websocket&a=1&a=2");
    (void)c.join("/", R"({"token":"x"})");
    auto const about = c.next();
    CHECK(about.starts_with(R"(2["about","websocket",true,{"headers":{)"));
    CHECK(about.find(
              R"("query":{"EIO":"4","a":"2","transport":"websocket"},"auth":{"token":"x"}})") !=
          about.npos);
    CHECK_THROWS(sio_client(tested.port(), "/socket.io/?EIO=4&transport=websocket&bad=1"));
}

TEST_CASE("timers of a socket die with it") {
    socketio_test_server tested(1, [](sio::server const& io, notes& seen) {
        io.of("/t").on_connection([&seen](sio::socket& s) {
            s.after(1ms, [&seen](sio::socket& same) {
                seen.add("after " + same.nsp_name());
                same.after(30ms, [&seen](sio::socket&) { seen.add("never"); });
                same.disconnect();
            });
        });
    });
    sio_client c(tested.port());
    auto const main = c.join().sid;
    (void)c.join("/t");
    CHECK(c.next() == "1/t,");
    CHECK(tested.seen.wait_for("after /t"));
    (void)c.join("/t");
    CHECK(tested.seen.wait_for("after /t", 2));
    CHECK(tested.with(
        main, [](sio::socket& s) { s.after(60ms, [&s](sio::socket&) { s.emit("later"); }); }));
    CHECK(c.until("2") == R"(2["later"])");
    CHECK(tested.seen.count("never") == 0);
}

TEST_CASE(
    "volatile events are dropped where nobody takes them at once, answers are then not awaited for "
    "ever") {
    socketio_test_server tested(1, [](sio::server const& io, notes& seen) {
        io.on_connection([&seen](sio::socket& s) {
            s.on("go", [&] {
                s.volatile_().emit("taken");
                s.compress(false).emit("plain");
            });
            // Polling: no poll waits while a POST is handled.
            s.on("dropped", [&] {
                s.volatile_().emit("lost");
                s.volatile_().timeout(1ms).emit("lost", [&seen](error_code e) {
                    seen.add(e == errc::ack_timeout ? "timeout" : "other");
                });
            });
        });
    });
    sio_client c(tested.port());
    (void)c.join();
    c.packet(R"(2["go"])");
    CHECK(c.flush() == strings{R"(2["taken"])", R"(2["plain"])"});

    raw_client poll(tested.port());
    auto const path = std::string("/socket.io/?EIO=4&transport=polling");
    auto const at = path + "&sid=" + sid_in(poll.get(path).body);
    CHECK(poll.post(at, "40").status == 200);
    CHECK(poll.get(at).body.starts_with("40{"));
    CHECK(poll.post(at, R"(42["dropped"])").status == 200);
    CHECK(tested.seen.wait_for("timeout"));
    CHECK(poll.post(at, R"(421["flush"])").status == 200);
    CHECK(poll.get(at).body == "431[]");
}

TEST_CASE("clients of Engine.IO 3 join by themselves and wait no longer than others") {
    sio::options o;
    o.engine.eio3 = true;
    o.connect_timeout = 100ms;
    socketio_test_server tested(
        1,
        [](sio::server const& io, notes&) {
            io.use([](sio::socket& s, sio::next go_on) {
                static std::vector<sio::next> kept;
                s.request().query().find("wait") == std::string_view::npos ? go_on()
                                                                           : kept.push_back(go_on);
            });
            io.of("/q").on_connection([](sio::socket& s) { s.emit("auth", s.auth(), s.id()); });
        },
        o);
    sio_client c(tested.port(), sio_client::v3);
    CHECK(c.next() == "0");
    c.packet("0/q?a=b%20c,");
    CHECK(c.next() == "0/q,");
    CHECK(c.next() == R"(2/q,["auth",{"a":"b c"},"/q#)" + sid_in(c.open_packet) + "\"]");
    c.packet("0");
    CHECK(c.is_closed());
    sio_client stuck(tested.port(), std::string(sio_client::v3) + "&wait=1");
    CHECK(stuck.is_closed());
}

TEST_CASE("sockets know their connection by its id, and hear when it goes on over a WebSocket") {
    notes found;
    socketio_test_server tested(2, [&](sio::server const& io, notes& seen) {
        auto const watch = [&](sio::socket& s) {
            seen.add("id " + std::string(s.connection_id()));
            s.on_upgrade([&] { seen.add(s.nsp_name() + " by " + std::string(s.transport())); });
        };
        io.on_connection(watch);
        io.of("/a").on_connection(watch);
        io.on("find", [&, n = io.of("/a")](sio::ack<> done) {
            n.fetch_sockets([&, done](error_code, std::vector<sio::remote_socket> const& all) {
                for (auto const& s : all) found.add(s.connection_id + " " + s.transport);
                done();
            });
        });
    });
    raw_client poll(tested.port());
    auto const path = std::string("/socket.io/?EIO=4&transport=");
    auto const sid = "&sid=" + sid_in(poll.get(path + "polling").body);
    auto const at = path + "polling" + sid;
    CHECK(poll.post(at,
                    "40\x1e"
                    "40/a,")
              .status == 200);
    CHECK(tested.seen.wait_for("id ", 2));
    raw_client ws(tested.port());
    REQUIRE(ws.upgrade(path + "websocket" + sid).status == 101);
    ws.send_text("2probe");
    CHECK(ws.read_message() == "3probe");
    CHECK(tested.seen.count("/ by") == 0);
    ws.send_text("5");
    CHECK(tested.seen.wait_for("/ by websocket"));
    CHECK(tested.seen.wait_for("/a by websocket"));
    ws.send_text(R"(421["find"])");
    while (ws.read_message() != "431[]") {
    }
    strings ids;
    for (auto const& line : tested.seen.all())
        if (line.starts_with("id ")) ids.push_back(line.substr(3));
    REQUIRE(ids.size() == 2);
    CHECK(ids[0] == ids[1]);
    CHECK(ids[0] != sid.substr(5));
    CHECK(found.all() == strings{ids[0] + " websocket"});
}

// One socket of a Socket.IO server, over the wire: what it hears, sends, waits for.
#include "integration/socketio_client.hpp"

#include <atomic>
#include <optional>
#include <thread>
#include <variant>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
using strings = std::vector<std::string>;

TEST_CASE("handlers take what their signatures say") {
    auto const threads = GENERATE(1u, 4u);
    sio_house house(threads, [](sio::server const& io, notes&) {
        io.on("none", [](sio::ack<int> done) { done(0); });
        io.on("values",
              [](sio::socket&, int a, std::string b, double c, bool d, sio::ack<std::string> done) {
                  done(std::to_string(a) + b + std::to_string(c) + (d ? "y" : "n"));
              });
        io.on("maybe",
              [](std::optional<int> a, std::optional<std::string> b, sio::ack<bool, bool> done) {
                  done(a.has_value(), b.has_value());
              });
        io.on("either", [](std::variant<int, std::string> x, sio::ack<std::size_t> done) {
            done(x.index());
        });
        io.on("rest", [](int first, sio::arguments rest, sio::ack<int, sio::arguments> done) {
            done(first, rest);
        });
        io.on("bytes", [](std::vector<std::byte> const& b, sio::ack<std::vector<std::byte>> done) {
            done(b);
        });
    });
    sio_client c(house.port());
    (void)c.join();
    auto const answer = [&](std::string_view event) {
        c.packet(std::string("21").append(event));
        return c.next();
    };
    CHECK(answer(R"(["none"])") == "31[0]");
    CHECK(answer(R"(["values",1,"b",2.5,true])") == R"(31["1b2.500000y"])");
    CHECK(answer(R"(["maybe"])") == "31[false,false]");
    CHECK(answer(R"(["maybe",1,null])") == "31[true,false]");
    CHECK(answer(R"(["either",7])") == "31[0]");
    CHECK(answer(R"(["either","x"])") == "31[1]");
    CHECK(answer(R"(["rest",5,{"a":[1]},null])") == R"(31[5,{"a":[1]},null])");
    c.packet(R"(51-1["bytes",{"_placeholder":true,"num":0}])");
    c.attachment("\1\2");
    CHECK(c.next() == R"(61-1[{"_placeholder":true,"num":0}])");
    CHECK(c.next() == "\1\2");
}

TEST_CASE("arguments that do not fit are told to the client, or to a hook") {
    sio::options o;
    std::atomic<int> hooked{0};
    auto const with_hook = GENERATE(false, true);
    if (with_hook)
        o.on_bad_arguments =
            [&](sio::socket&, sio::event const& e, sio::argument_error const& wrong) {
                ++hooked;
                e.answer(std::string(e.name()) + " " + std::to_string(wrong.index));
            };
    sio_house house(
        1,
        [](sio::server const& io, notes&) {
            io.on("sum", [](int a, int b, sio::ack<int> done) { done(a + b); });
        },
        o);
    sio_client c(house.port());
    (void)c.join();
    c.packet(R"(21["sum",1,"x"])");
    CHECK(c.next() ==
          (with_hook ? R"(31["sum 2"])" : R"(31[{"error":"argument 2: expected integer"}])"));
    c.packet(R"(2["sum",1])");
    c.packet(R"(22["sum",1,2])");
    CHECK(c.next() == "32[3]");
    CHECK(hooked == (with_hook ? 2 : 0));
}

TEST_CASE("listeners come and go, also while they are called") {
    sio_house house(1, [](sio::server const& io, notes& seen) {
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
    sio_client c(house.port());
    (void)c.join();
    for (auto const* p : {R"(2["e",1])",
                          R"(2["e",2])",
                          R"(2["all off"])",
                          R"(25["e",3])",
                          R"(2["no any"])",
                          R"(2["e",4])"})
        c.packet(p);
    (void)c.flush();
    CHECK(house.seen.all() == strings{"connection /",
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
    sio_house house(threads, [](sio::server const& io, notes& seen) {
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
    sio_client c(house.port());
    (void)c.join();
    c.packet(R"(2["go"])");
    auto const got = c.flush();
    CHECK(got == strings{R"(2["echo of","direct"])",
                         R"(2["direct",1,2])",
                         R"(2["broadcast",3])",
                         R"(2["unseen"])"});
    CHECK(house.seen.all() == strings{"connection /", "out direct 2"});
}

TEST_CASE("acknowledgements come back to their emit, late, wrong, or not at all") {
    auto const threads = GENERATE(1u, 4u);
    sio_house house(threads, [](sio::server const& io, notes& seen) {
        io.on_connection([&seen](sio::socket& s) {
            s.on("ask", [&] {
                s.emit("q1", [&seen](int n) { seen.add("n " + std::to_string(n)); });
                s.emit("q2", [&seen](error_code e, int n) {
                    seen.add("second " + e.message() + " " + std::to_string(n));
                });
                s.timeout(50ms).emit("q3", [&seen, &s](error_code e) {
                    seen.add(e == errc::ack_timeout ? "timeout" : "no timeout");
                    s.emit("q4", [&seen](error_code why, std::string) {
                        seen.add(why == errc::session_closed ? "closed" : "not closed");
                    });
                });
            });
        });
    });
    sio_client c(house.port());
    (void)c.join();
    c.packet(R"(2["ask"])");
    auto id = [&](std::string_view name) {
        auto const p = c.until("2");
        CHECK(p.find(name) != p.npos);
        return p.substr(1, p.find('[') - 1);
    };
    auto const q1 = id("q1");
    auto const q2 = id("q2");
    auto const q3 = id("q3");
    c.packet("3" + q2 + R"(["no number"])");
    c.packet("3" + q1 + "[7]");
    c.packet("3" + q1 + "[8]");  // a second answer
    c.packet("312345[1]");       // to nothing
    (void)id("q4");
    c.packet("3" + q3 + "[]");  // too late
    (void)c.flush();
    c.close();
    REQUIRE(house.seen.wait_for("disconnect"));
    CHECK(house.seen.all() ==
          strings{"connection /",
                  "second " + make_error_code(errc::bad_arguments).message() + " 0",
                  "n 7",
                  "timeout",
                  "closed",
                  "disconnect / transport close"});
}

TEST_CASE("acknowledgements of broadcasts and of emits are told apart in any order") {
    sio_house house(4, [](sio::server const& io, notes& seen) {
        io.on_connection([&seen, io](sio::socket& s) {
            s.on("ask", [&s, &seen](int n) {
                s.emit("one", n, [&seen, n](int back) { seen.add(n == back ? "good" : "bad"); });
            });
        });
    });
    std::vector<std::unique_ptr<sio_client>> all;
    for (int i = 0; i < 6; ++i) {
        all.push_back(std::make_unique<sio_client>(house.port()));
        (void)all.back()->join();
    }
    constexpr int rounds = 50;
    std::thread asker([&] {
        for (int n = 0; n < rounds; ++n)
            house.io.emit("all", n, [&, n](error_code e, std::vector<int> answers) {
                auto good = !e && answers.size() == 6;
                for (auto const a : answers) good = good && a == n;
                house.seen.add(good ? "all good" : "all bad");
            });
    });
    for (int n = 0; n < rounds; ++n)
        for (auto const& c : all) c->packet(R"(2["ask",)" + std::to_string(n) + "]");
    for (auto const& c : all)
        for (int n = 0; n < 2 * rounds; ++n) {
            auto const p = c->until("2");
            auto const bracket = p.find('[');
            auto const last = p.substr(p.rfind(',') + 1);
            c->packet("3" + p.substr(1, bracket - 1) + "[" + last);
        }
    asker.join();
    CHECK(house.seen.wait_for("all", rounds));
    CHECK(house.seen.wait_for("good", 6 * rounds));
    CHECK(house.seen.count("all good") == rounds);
    CHECK(house.seen.count("bad") == 0);
}

TEST_CASE("an answer is sent once, from any thread, also when the client has gone") {
    auto const threads = GENERATE(1u, 4u);
    std::mutex mutex;
    std::vector<sio::ack<int>> kept;
    sio_house house(threads, [&](sio::server const& io, notes& seen) {
        io.on("late", [&](sio::ack<int> done) {
            CHECK(done);
            std::scoped_lock const lock(mutex);
            kept.push_back(done);
            seen.add("kept");
        });
        io.on("unasked", [&](sio::ack<int> done) { seen.add(done ? "asked" : "unasked"); });
    });
    {
        sio_client c(house.port());
        (void)c.join();
        c.packet(R"(2["unasked"])");
        c.packet(R"(21["late"])");
        c.packet(R"(22["late"])");
        REQUIRE(house.seen.wait_for("kept", 2));
        kept[0](10);
        kept[0](11);
        CHECK(c.next() == "31[10]");
    }
    REQUIRE(house.seen.wait_for("disconnect"));
    kept[1](20);
    CHECK(house.seen.count("unasked") == 1);
}

TEST_CASE(
    "acks may be asked for in disconnect handlers: they are told before the last one, and end") {
    sio_house house(1, [](sio::server const& io, notes& seen) {
        io.on_connection([&seen](sio::socket& s) {
            auto const again = std::make_shared<std::function<void()>>();
            *again = [&seen, &s, weak = std::weak_ptr(again)] {
                s.emit("e", [&seen, weak](error_code e) {
                    seen.add("told " + e.message());
                    if (auto const f = weak.lock()) (*f)();
                });
            };
            (*again)();
            s.on_disconnecting([&s, again](sio::disconnect_reason) { (*again)(); });
            s.on_disconnect([&s, again, &seen](sio::disconnect_reason) {
                (*again)();
                seen.add("last");
            });
        });
    });
    {
        sio_client c(house.port());
        (void)c.join();
        (void)c.flush();
    }
    REQUIRE(house.seen.wait_for("last"));
    auto const closed = "told " + make_error_code(errc::session_closed).message();
    CHECK(house.is_empty());
    CHECK(house.seen.all() ==
          strings{"connection /", closed, closed, "disconnect / transport close", "last"});
}

TEST_CASE("pending acknowledgements are bounded: the oldest is given up") {
    sio::options o;
    o.max_pending_acks = 3;
    sio_house house(
        1,
        [](sio::server const& io, notes& seen) {
            io.on_connection([&seen](sio::socket& s) {
                s.on("ask", [&] {
                    for (int n = 0; n < 5; ++n)
                        s.emit("q", n, [&seen, n](error_code e) {
                            seen.add("told " + std::to_string(n) + (e ? " late" : ""));
                        });
                });
            });
        },
        o);
    sio_client c(house.port());
    (void)c.join();
    c.packet(R"(2["ask"])");
    REQUIRE(house.seen.wait_for("told 1 late"));
    std::string last;
    for (int n = 0; n < 5; ++n) last = c.until("2");
    c.packet("3" + last.substr(1, last.find('[') - 1) + "[]");
    CHECK(house.seen.wait_for("told 4"));
    CHECK(house.seen.all() == strings{"connection /", "told 0 late", "told 1 late", "told 4"});
}

TEST_CASE("a socket's middlewares decide over every event, in order, at once or later") {
    auto const threads = GENERATE(1u, 4u);
    std::mutex mutex;
    std::vector<sio::next> waiting;
    sio_house house(threads, [&](sio::server const& io, notes& seen) {
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
    sio_client c(house.port());
    (void)c.join();
    c.packet(R"(2["refused"])");
    c.packet(R"(2["dropped"])");
    c.packet(R"(21["later",5])");
    c.packet(R"(2["plain"])");
    REQUIRE(house.seen.wait_for("waiting"));
    settle(house.server);
    CHECK(house.seen.count("plain") == 0);
    waiting.at(0)();
    CHECK(c.next() == "31[5]");
    REQUIRE(house.seen.wait_for("plain"));
    CHECK(house.seen.all() == strings{"connection /",
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
    std::mutex mutex;
    std::vector<sio::next> waiting;
    sio_house house(1, [&](sio::server const& io, notes& seen) {
        io.of("/b").on_connection([&](sio::socket& s) {
            s.use([&](sio::event const&, sio::next go_on) {
                waiting.push_back(std::move(go_on));
                seen.add("waiting");
            });
            s.on("e", [&] { seen.add("never"); });
        });
    });
    sio_client c(house.port());
    (void)c.join();
    (void)c.join("/b");
    c.packet(R"(2/b,["e"])");
    REQUIRE(house.seen.wait_for("waiting"));
    house.io.of("/b").disconnect_sockets();
    CHECK(c.next() == "1/b,");
    CHECK(c.flush().empty());
    waiting.at(0)();
    CHECK(c.flush().empty());
}

TEST_CASE("a handler that throws ends its connection and no other") {
    auto const* const where = GENERATE("handler",
                                       "connection",
                                       "any",
                                       "outgoing",
                                       "filter",
                                       "error",
                                       "ack",
                                       "after",
                                       "posted",
                                       "late");
    std::string const which = where;
    CAPTURE(which);
    sio_house house(1, [&](sio::server const& io, notes& seen) {
        io.on_connection([&, which](sio::socket& s) {
            if (s.auth().find("good")) return;
            auto const fail = [] { throw std::runtime_error("oh"); };
            if (which == "connection") fail();
            s.on("go", [&, which, fail] {
                if (which == "handler") fail();
                if (which == "ack") s.emit("q", [fail] { fail(); });
                if (which == "late") s.timeout(1ms).emit("q", [fail](error_code) { fail(); });
                if (which == "after") s.after(1ms, [fail](sio::socket&) { fail(); });
                if (which == "outgoing") s.emit("out");
            });
            if (which == "any") s.on_any([fail](sio::event const&) { fail(); });
            if (which == "outgoing") s.on_any_outgoing([fail](sio::event const&) { fail(); });
            if (which == "filter") s.use([fail](sio::event const&, sio::next) { fail(); });
            if (which == "error") {
                s.use([](sio::event const&, sio::next go_on) { go_on({.message = "no"}); });
                s.on_error([fail](sio::connect_error const&) { fail(); });
            }
            seen.add("id " + s.id());
        });
    });
    sio_client good(house.port());
    (void)good.join("/", R"({"good":1})");
    sio_client c(house.port());
    auto const id = [&] {
        try {
            return c.join().sid;
        } catch (std::runtime_error const&) {
            return std::string();
        }
    }();
    if (which == "posted") house.io.post(id, [](sio::socket&) { throw 1; });
    if (!id.empty()) c.try_send(client_frame(1, R"(42["go"])"));
    if (which == "ack") {
        auto const p = c.until("2");
        c.packet("3" + p.substr(1, p.find('[') - 1) + "[]");
    }
    CHECK(c.is_closed());
    CHECK(house.seen.wait_for("disconnect / forced close"));
    CHECK(good.flush().empty());
    CHECK(eventually([&] { return house.io.connection_count() == 1; }));
    CHECK(house.log.wait_for(which == "after" ? "a handler threw: oh"
                                              : "a socket.io handler threw: "));
}

TEST_CASE("disconnect handlers hear why, with the rooms before and without after") {
    auto const threads = GENERATE(1u, 4u);
    sio_house house(threads, [](sio::server const& io, notes& seen) {
        io.on_connection([&seen](sio::socket& s) {
            s.join("a");
            s.on_disconnecting([&](sio::disconnect_reason why) {
                seen.add("disconnecting " + std::string(to_string(why)) + " " +
                         std::to_string(s.rooms().size()));
                CHECK_FALSE(s.is_connected());
            });
            s.on_disconnect([&](sio::disconnect_reason) {
                seen.add("rooms " + std::to_string(s.rooms().size()) +
                         (s.join("b") ? " joined" : ""));
                throw std::runtime_error("nobody minds");
            });
        });
    });
    {
        sio_client c(house.port());
        (void)c.join();
        c.packet("1");
        REQUIRE(house.seen.wait_for("rooms"));
        // The connection lives on, and the namespace can be joined again.
        (void)c.join();
        CHECK(c.flush().empty());
    }
    CHECK(house.seen.wait_for("rooms", 2));
    CHECK(house.seen.all() == strings{"connection /",
                                      "disconnecting client namespace disconnect 2",
                                      "disconnect / client namespace disconnect",
                                      "rooms 1",
                                      "connection /",
                                      "disconnecting transport close 2",
                                      "disconnect / transport close",
                                      "rooms 1"});
    CHECK(house.is_empty());
}

TEST_CASE("each way to go has its reason") {
    sio::options o;
    o.engine.ping_interval = 100ms;
    o.engine.ping_timeout = 100ms;
    auto const threads = GENERATE(1u, 4u);
    auto house = std::make_unique<sio_house>(
        threads,
        [](sio::server const& io, notes&) {
            io.on("kick", [](sio::socket& s, bool close) { s.disconnect(close); });
            io.on_connection([](sio::socket& s) {
                s.on("leave", [&s] {
                    s.disconnect();
                    s.disconnect();
                    s.emit("nothing");
                });
            });
        },
        o);
    auto const reason = [&](std::string const& why) {
        INFO(why);
        CHECK(house->seen.wait_for("disconnect / " + why));
    };
    {
        sio_client c(house->port());
        (void)c.join();
        c.packet(R"(2["leave"])");
        CHECK(c.next() == "1");
        reason("server namespace disconnect");
        (void)c.join();
        c.packet(R"(2["kick",true])");
        CHECK(c.next() == "1");
        CHECK(c.is_closed());
        CHECK(house->seen.wait_for("disconnect / server namespace disconnect", 2));
    }
    {
        sio_client c(house->port());
        (void)c.join();
        c.packet(R"(2[{}])");
        CHECK(c.is_closed());
        reason("forced close");
    }
    {
        sio_client c(house->port());
        (void)c.join();
        c.packet(R"(2/unknown,["e"])");
        CHECK(c.is_closed());
        reason("forced server close");
    }
    {
        sio_client c(house->port());
        (void)c.join();
        c.send_text("9");
        CHECK(c.is_closed());
        reason("parse error");
    }
    {
        sio_client c(house->port());
        (void)c.join();
        c.send_text("2");
        CHECK(c.is_closed());
        reason("transport error");
    }
    {
        sio_client c(house->port());
        (void)c.join();
        c.reset();
        reason("transport close");
    }
    {
        sio_client c(house->port());
        (void)c.join();
        reason("ping timeout");
    }
    sio_client c(house->port());
    (void)c.join();
    house->io.close();
    reason("server shutting down");
    CHECK(c.is_closed());
    CHECK(house->is_empty());
}

TEST_CASE("a socket knows its handshake, auth, data and transport") {
    sio::options o;
    o.authorize = [](request const& r, decision d) {
        r.query().find("bad") == std::string_view::npos ? d.accept(std::string("user"))
                                                        : d.refuse(401);
    };
    auto const threads = GENERATE(1u, 4u);
    sio_house house(
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
    sio_client c(house.port(), "/socket.io/?EIO=4&transport=websocket&a=1&a=2");
    (void)c.join("/", R"({"token":"x"})");
    auto const about = c.next();
    CHECK(about.starts_with(R"(2["about","websocket",true,{"headers":{)"));
    CHECK(about.find(
              R"("query":{"EIO":"4","a":"2","transport":"websocket"},"auth":{"token":"x"}})") !=
          about.npos);
    CHECK_THROWS(sio_client(house.port(), "/socket.io/?EIO=4&transport=websocket&bad=1"));
}

TEST_CASE("timers of a socket die with it") {
    sio_house house(1, [](sio::server const& io, notes& seen) {
        io.of("/t").on_connection([&seen](sio::socket& s) {
            s.after(1ms, [&seen](sio::socket& same) {
                seen.add("after " + same.nsp_name());
                same.after(30ms, [&seen](sio::socket&) { seen.add("never"); });
                same.disconnect();
            });
        });
    });
    sio_client c(house.port());
    auto const main = c.join().sid;
    (void)c.join("/t");
    CHECK(c.next() == "1/t,");
    CHECK(house.seen.wait_for("after /t"));
    (void)c.join("/t");
    CHECK(house.seen.wait_for("after /t", 2));
    CHECK(house.with(
        main, [](sio::socket& s) { s.after(60ms, [&s](sio::socket&) { s.emit("later"); }); }));
    CHECK(c.until("2") == R"(2["later"])");
    CHECK(house.seen.count("never") == 0);
}

TEST_CASE(
    "volatile events are dropped where nobody takes them at once, answers are then not awaited for "
    "ever") {
    sio_house house(1, [](sio::server const& io, notes& seen) {
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
    sio_client c(house.port());
    (void)c.join();
    c.packet(R"(2["go"])");
    CHECK(c.flush() == strings{R"(2["taken"])", R"(2["plain"])"});

    raw_client poll(house.port());
    auto const path = std::string("/socket.io/?EIO=4&transport=polling");
    auto const at = path + "&sid=" + sid_in(poll.get(path).body);
    CHECK(poll.post(at, "40").status == 200);
    CHECK(poll.get(at).body.starts_with("40{"));
    CHECK(poll.post(at, R"(42["dropped"])").status == 200);
    CHECK(house.seen.wait_for("timeout"));
    CHECK(poll.post(at, R"(421["flush"])").status == 200);
    CHECK(poll.get(at).body == "431[]");
}

TEST_CASE("reserved names cannot be emitted") {
    sio_house house(1);
    sio_client c(house.port());
    auto const id = c.join().sid;
    CHECK(house.with(id, [](sio::socket& s) {
        for (auto const* name : {"connect",
                                 "connect_error",
                                 "disconnect",
                                 "disconnecting",
                                 "newListener",
                                 "removeListener"})
            CHECK_THROWS_AS(s.emit(name, 1), std::invalid_argument);
    }));
    CHECK_THROWS_AS(house.io.emit("disconnect"), std::invalid_argument);
    CHECK_THROWS_AS(house.io.to("a").emit("connect", 1), std::invalid_argument);
    CHECK_THROWS_AS(house.io.server_side_emit("connection"), std::invalid_argument);
}

TEST_CASE("clients of Engine.IO 3 join by themselves and wait no longer than others") {
    sio::options o;
    o.engine.eio3 = true;
    o.connect_timeout = 100ms;
    sio_house house(
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
    sio_client c(house.port(), sio_client::v3);
    CHECK(c.next() == "0");
    c.packet("0/q?a=b%20c,");
    CHECK(c.next() == "0/q,");
    CHECK(c.next() == R"(2/q,["auth",{"a":"b c"},"/q#)" + sid_in(c.open_packet) + "\"]");
    c.packet("0");
    CHECK(c.is_closed());
    sio_client stuck(house.port(), std::string(sio_client::v3) + "&wait=1");
    CHECK(stuck.is_closed());
}

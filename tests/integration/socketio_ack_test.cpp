// Acknowledgements on a Socket.IO server, over the wire: those it gives, those it waits for.
#include "integration/socketio_client.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
using strings = std::vector<std::string>;

TEST_CASE("acknowledgements come back to their emit, late, wrong, or not at all") {
    auto const threads = GENERATE(1u, 4u);
    socketio_test_server tested(threads, [](sio::server const& io, notes& seen) {
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
    sio_client c(tested.port());
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
    REQUIRE(tested.seen.wait_for("disconnect"));
    CHECK(tested.seen.all() ==
          strings{"connection /",
                  "second " + make_error_code(errc::bad_arguments).message() + " 0",
                  "n 7",
                  "timeout",
                  "closed",
                  "disconnect / transport close"});
}

TEST_CASE("acknowledgements of broadcasts and of emits are told apart in any order") {
    socketio_test_server tested(4, [](sio::server const& io, notes& seen) {
        io.on_connection([&seen, io](sio::socket& s) {
            s.on("ask", [&s, &seen](int n) {
                s.emit("one", n, [&seen, n](int back) { seen.add(n == back ? "good" : "bad"); });
            });
        });
    });
    std::vector<std::unique_ptr<sio_client>> all;
    for (int i = 0; i < 6; ++i) {
        all.push_back(std::make_unique<sio_client>(tested.port()));
        (void)all.back()->join();
    }
    constexpr int rounds = 50;
    std::thread asker([&] {
        for (int n = 0; n < rounds; ++n)
            tested.io.emit("all", n, [&, n](error_code e, std::vector<int> answers) {
                auto good = !e && answers.size() == 6;
                for (auto const a : answers) good = good && a == n;
                tested.seen.add(good ? "all good" : "all bad");
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
    CHECK(tested.seen.wait_for("all", rounds));
    CHECK(tested.seen.wait_for("good", 6 * rounds));
    CHECK(tested.seen.count("all good") == rounds);
    CHECK(tested.seen.count("bad") == 0);
}

TEST_CASE("an answer is sent once, from any thread, also when the client has gone") {
    auto const threads = GENERATE(1u, 4u);
    std::mutex mutex;
    std::vector<sio::ack<int>> kept;
    socketio_test_server tested(threads, [&](sio::server const& io, notes& seen) {
        io.on("late", [&](sio::ack<int> done) {
            CHECK(done);
            std::scoped_lock const lock(mutex);
            kept.push_back(done);
            seen.add("kept");
        });
        io.on("unasked", [&](sio::ack<int> done) { seen.add(done ? "asked" : "unasked"); });
    });
    {
        sio_client c(tested.port());
        (void)c.join();
        c.packet(R"(2["unasked"])");
        c.packet(R"(21["late"])");
        c.packet(R"(22["late"])");
        REQUIRE(tested.seen.wait_for("kept", 2));
        kept[0](10);
        kept[0](11);
        CHECK(c.next() == "31[10]");
    }
    REQUIRE(tested.seen.wait_for("disconnect"));
    kept[1](20);
    CHECK(tested.seen.count("unasked") == 1);
}

TEST_CASE(
    "acks may be asked for in disconnect handlers: they are told before the last one, and end") {
    socketio_test_server tested(1, [](sio::server const& io, notes& seen) {
        io.on_connection([&seen](sio::socket& s) {
            auto const again = std::make_shared<std::function<void()>>();
            *again = [&seen, &s, weak = std::weak_ptr(again)] {
                s.emit("e", [&seen, weak](error_code e) {
                    seen.add("told " + e.message());
                    if (auto const f = weak.lock()) (*f)();
                });
            };
            (*again)();
            s.on_disconnecting([again](sio::disconnect_reason) { (*again)(); });
            s.on_disconnect([again, &seen](sio::disconnect_reason) {
                (*again)();
                seen.add("last");
            });
        });
    });
    {
        sio_client c(tested.port());
        (void)c.join();
        (void)c.flush();
    }
    REQUIRE(tested.seen.wait_for("last"));
    auto const closed = "told " + make_error_code(errc::session_closed).message();
    CHECK(tested.is_empty());
    CHECK(tested.seen.all() ==
          strings{"connection /", closed, closed, "disconnect / transport close", "last"});
}

TEST_CASE("pending acknowledgements are bounded: the oldest is given up") {
    sio::options o;
    o.max_pending_acks = 3;
    socketio_test_server tested(
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
    sio_client c(tested.port());
    (void)c.join();
    c.packet(R"(2["ask"])");
    REQUIRE(tested.seen.wait_for("told 1 late"));
    std::string last;
    for (int n = 0; n < 5; ++n) last = c.until("2");
    c.packet("3" + last.substr(1, last.find('[') - 1) + "[]");
    CHECK(tested.seen.wait_for("told 4"));
    CHECK(tested.seen.all() == strings{"connection /", "told 0 late", "told 1 late", "told 4"});
}

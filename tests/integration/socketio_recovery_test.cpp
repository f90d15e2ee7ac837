// Connection state recovery, over the wire.
#include "integration/socketio_client.hpp"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
using strings = std::vector<std::string>;

namespace {

sio::options recovering(std::function<void(sio::options&)> const& change = {}) {
    sio::options o;
    o.recovery.enabled = true;
    if (change) change(o);
    return o;
}

constexpr char const* words[] = {
    "not_asked", "recovered", "unknown_session", "expired", "offset_lost", "not_stored"};

/// Notes how each socket's recovery went, and what it has.
void add_notes(sio::server const& io, notes& seen) {
    io.use([&seen](sio::socket&, sio::next go_on) {
        seen.add("middleware");
        go_on();
    });
    io.on_connection([&seen](sio::socket& s) {
        auto line = std::string("result ") + words[static_cast<std::size_t>(s.recovery_result())];
        CHECK(s.recovered() == (s.recovery_result() == sio::recovery::recovered));
        for (auto const& r : s.rooms())
            if (r != s.id()) line.append(" ").append(r);
        if (auto const* const d = std::any_cast<int>(&s.data()))
            line.append(" ").append(std::to_string(*d));
        seen.add(line);
        s.data() = 7;
        s.join("r");
    });
}

/// One who has joined, and has seen the first event.
struct visitor {
    explicit visitor(socketio_test_server& tested, std::string_view auth = {})
        : client(tested.port()) {
        who = client.join("/", auth);
        tested.io.to(who.sid).emit("hello");
        offset = offset_of(client.until("2"));
    }
    static std::string offset_of(std::string_view packet) {
        auto const end = packet.rfind('"');
        auto const begin = packet.rfind('"', end - 1);
        return std::string(packet.substr(begin + 1, end - begin - 1));
    }
    std::string auth() const {
        return R"({"pid":")" + who.pid + R"(","offset":")" + offset + R"("})";
    }
    void cut(socketio_test_server& tested) {
        auto const n = tested.seen.count("disconnect /");
        client.reset();
        CHECK(tested.seen.wait_for("disconnect /", n + 1));
    }
    sio_client client;
    joined who{};
    std::string offset{};
};

}  // namespace

TEST_CASE(
    "who was cut off comes back with id, rooms, data and what was missed, before the answer") {
    auto const threads = GENERATE(1u, 4u);
    auto const skip = GENERATE(true, false);
    socketio_test_server tested(threads, add_notes, recovering([&](sio::options& o) {
                                    o.recovery.skip_middlewares = skip;
                                }));
    visitor v(tested);
    CHECK(v.who.pid.size() == 20);
    v.cut(tested);
    auto const& io = tested.io;
    io.emit("missed", 1);
    io.to("r").emit("missed", 2);
    io.to("other").emit("not mine");
    io.except("r").emit("not mine");
    io.volatile_().emit("not kept");
    io.timeout(1ms).emit("asks", [](error_code, std::vector<int>) {});
    io.to(v.who.sid).emit("missed", std::vector<std::byte>{std::byte{7}});
    sio_client again(tested.port());
    auto const who = again.join("/", v.auth());
    CHECK(who.sid == v.who.sid);
    CHECK(who.pid == v.who.pid);
    REQUIRE(again.early.size() == 4);
    CHECK(again.early[0].starts_with(R"(2["missed",1,")"));
    CHECK(again.early[1].starts_with(R"(2["missed",2,")"));
    CHECK(again.early[2].starts_with(R"(51-["missed",{"_placeholder":true,"num":0},")"));
    CHECK(again.early[3] == "\7");
    REQUIRE(tested.seen.wait_for("result", 2));
    CHECK(tested.seen.wait_for("result recovered r 7"));
    CHECK(tested.seen.count("middleware") == (skip ? 1u : 2u));
    // Once only, and it goes on as before.
    io.emit("live", 3);
    CHECK(again.next().starts_with(R"(2["live",3,")"));
    again.packet("1");
    CHECK(again.join().sid != v.who.sid);
}

TEST_CASE("whoever cannot be recovered is a new one, and is told why") {
    socketio_test_server tested(
        2, add_notes, recovering([](sio::options& o) { o.recovery.max_log_events = 3; }));
    auto const comes = [&](std::string const& auth, std::string const& result) {
        INFO(auth);
        auto const n = tested.seen.count("result " + result);
        auto const seen = tested.seen.count("middleware");
        sio_client c(tested.port());
        auto const who = c.join("/", auth);
        CHECK(c.early.empty());
        CHECK(tested.seen.wait_for("result " + result, n + 1));
        CHECK(tested.seen.count("middleware") == seen + 1);
        return who;
    };
    comes("", "not_asked");
    comes(R"({"pid":5})", "not_asked");
    comes(R"({"pid":"nonsense"})", "unknown_session");
    for (auto const* offset : {R"("-")", R"("")", R"("zzzz")", "7", "null", R"("0")"}) {
        visitor v(tested);
        v.cut(tested);
        auto const auth = R"({"pid":")" + v.who.pid + R"(","offset":)" + offset + "}";
        auto const who = comes(auth, "offset_lost");
        CHECK(who.sid != v.who.sid);
        CHECK(who.pid != v.who.pid);
        comes(auth, "unknown_session");
    }
    visitor trimmed(tested);
    trimmed.cut(tested);
    for (int n = 0; n < 4; ++n) tested.io.emit("e", n);
    comes(trimmed.auth(), "offset_lost");
    visitor left(tested);
    left.client.packet("1");
    CHECK(tested.seen.wait_for("disconnect / client namespace disconnect"));
    left.client.close();
    comes(left.auth(), "unknown_session");
    visitor thrown_out(tested);
    tested.io.to(thrown_out.who.sid).disconnect_sockets(true);
    CHECK(thrown_out.client.is_closed());
    comes(thrown_out.auth(), "unknown_session");
}

TEST_CASE("without an offset a client has seen nothing") {
    socketio_test_server tested(1, add_notes, recovering());
    visitor v(tested);
    v.cut(tested);
    sio_client c(tested.port());
    CHECK(c.join("/", R"({"pid":")" + v.who.pid + R"("})").sid == v.who.sid);
    CHECK(c.early.size() == 1);
}

TEST_CASE("a session expires") {
    socketio_test_server tested(
        1, add_notes, recovering([](sio::options& o) { o.recovery.max_disconnection = 1ms; }));
    visitor v(tested);
    v.cut(tested);
    CHECK(eventually([&] {
        visitor other(tested);
        other.cut(tested);
        ::poll(nullptr, 0, 5);
        sio_client c(tested.port());
        (void)c.join("/", other.auth());
        (void)c.flush();
        return tested.seen.count("result expired") != 0;
    }));
}

TEST_CASE("where nothing is stored nobody recovers, and no offset is added") {
    socketio_test_server tested(1, add_notes);
    sio_client c(tested.port());
    CHECK(c.join("/", R"({"pid":"x","offset":"1"})").pid.empty());
    CHECK(tested.seen.wait_for("result not_stored"));
    tested.io.emit("e", 1);
    CHECK(c.flush() == strings{R"(2["e",1])"});
}

TEST_CASE(
    "a client that comes back while its old connection seems alive is recovered, the old one ended "
    "first") {
    auto const threads = GENERATE(1u, 4u);
    auto const replaces = GENERATE(true, false);
    socketio_test_server tested(
        threads,
        [](sio::server const& io, notes& seen) {
            add_notes(io, seen);
            (void)io.of("/second");
        },
        recovering([&](sio::options& o) { o.recovery.replace_live = replaces; }));
    for (int round = 0; round < 8; ++round) {
        CAPTURE(round);
        visitor v(tested);
        (void)v.client.join("/second");
        tested.io.to(v.who.sid).emit("missed", round);
        auto const before = tested.seen.all().size();
        sio_client again(tested.port());
        auto const who = again.join("/", v.auth());
        if (!replaces) {
            CHECK(who.sid != v.who.sid);
            CHECK(v.client.flush().size() == 1);
            continue;
        }
        CHECK(who.sid == v.who.sid);
        REQUIRE(again.early.size() == 1);
        CHECK(again.early[0].starts_with(R"(2["missed",)" + std::to_string(round)));
        CHECK(v.client.is_closed());
        (void)again.flush();
        auto const all = tested.seen.all();
        CHECK(strings(all.begin() + static_cast<long>(before), all.end()) ==
              strings{"disconnect / transport close", "connection /", "result recovered r 7"});
        CHECK(tested.io.of("/second").socket_count() == 0);
        again.packet("1");
        CHECK(tested.seen.wait_for("disconnect / client namespace disconnect",
                                   static_cast<std::size_t>(round) + 1));
    }
}

TEST_CASE("of many who show the same secret at once the last keeps the session") {
    socketio_test_server tested(4, add_notes, recovering());
    visitor v(tested);
    for (int round = 0; round < 5; ++round) {
        std::vector<std::thread> all;
        std::atomic<int> lost{0};
        for (int i = 0; i < 6; ++i)
            all.emplace_back([&] {
                try {
                    sio_client c(tested.port());
                    (void)c.join("/", v.auth());
                    c.reset();
                } catch (std::runtime_error const&) {
                    ++lost;  // another one came
                }
            });
        for (auto& t : all) t.join();
        CHECK(lost < 6);
    }
    CHECK(tested.is_empty());
}

TEST_CASE("what is missed and too much for a queue makes a new session, not a closed one") {
    socketio_test_server tested(1, add_notes, recovering([](sio::options& o) {
                                    o.engine.limits.max_queued_bytes = 10'000;
                                    o.engine.limits.max_burst_bytes = 0;
                                }));
    visitor v(tested);
    v.cut(tested);
    for (int n = 0; n < 100; ++n) tested.io.emit("e", std::string(100, 'x'));
    sio_client c(tested.port());
    CHECK(c.join("/", v.auth()).sid != v.who.sid);
    CHECK(c.early.empty());
    CHECK(tested.seen.wait_for("result offset_lost"));
    CHECK(tested.seen.count("middleware") == 2);
    CHECK(c.flush().empty());
}

TEST_CASE(
    "a recovered session whose log is trimmed before it has joined sees the middlewares as a new "
    "one") {
    socketio_test_server* at = nullptr;
    socketio_test_server tested(
        1,
        [&](sio::server const& io, notes& seen) {
            io.use([&, io](sio::socket& s, sio::next go_on) {
                seen.add(s.recovered() ? "recovering" : "new " + std::to_string(s.rooms().size()));
                for (int n = 0; n < 5 && s.recovered(); ++n) io.emit("trims", n);
                go_on();
            });
            add_notes(io, seen);
        },
        recovering([](sio::options& o) {
            o.recovery.max_log_events = 3;
            o.recovery.skip_middlewares = false;
        }));
    at = &tested;
    visitor v(*at);
    v.cut(tested);
    sio_client c(tested.port());
    auto const who = c.join("/", v.auth());
    CHECK(who.sid != v.who.sid);
    CHECK(tested.seen.wait_for("result offset_lost"));
    CHECK(tested.seen.count("recovering") == 1);
    CHECK(tested.seen.count("new 1") == 2);
}

TEST_CASE("sessions' data may do anything when they are forgotten") {
    struct presence {
        explicit presence(sio::nsp n, notes& s) : nsp(std::move(n)), seen(s) {}
        ~presence() {
            nsp.emit("gone");
            seen.add("data gone");
        }
        sio::nsp nsp;
        notes& seen;
    };
    socketio_test_server tested(
        1,
        [](sio::server const& io, notes& seen) {
            io.on_connection([&seen, io](sio::socket& s) {
                s.data() = std::make_shared<presence>(io.of("/"), seen);
            });
        },
        recovering([](sio::options& o) { o.recovery.max_sessions = 1; }));
    for (std::size_t n = 1; n < 4; ++n) {
        {
            sio_client c(tested.port());
            (void)c.join();
        }
        CHECK(tested.seen.wait_for("disconnect", n));
    }
    CHECK(tested.seen.wait_for("data gone", 2));
}

TEST_CASE("with recovery an emit to one socket obeys the policy, and what it refuses is not kept") {
    auto const threads = GENERATE(1u, 3u);
    socketio_test_server tested(threads, add_notes, recovering([](sio::options& o) {
                                    o.engine.limits.overflow = overflow_policy::refuse;
                                    o.engine.limits.max_queued_bytes = 4096;
                                }));
    visitor v(tested);
    int refused = 0;
    int sent = 0;
    std::string const big(3000, 'x');
    REQUIRE(tested.with(v.who.sid, [&](sio::socket& s) {
        // Queued until this function returns: the second finds no room.
        for (int n = 0; n < 3; ++n) {
            auto const r = s.emit("direct", n, big);
            if (r.has_value()) ++sent;
            if (r.has_error() && r.error() == errc::send_queue_full) ++refused;
        }
    }));
    CHECK(sent >= 1);
    CHECK(refused == 3 - sent);
    v.client.until("2[\"direct\",0");
    tested.io.emit("after");
    v.client.until("2[\"after\"");
    v.cut(tested);
    tested.io.to(v.who.sid).emit("missed");
    sio_client again(tested.port());
    CHECK(again.join("/", v.auth()).sid == v.who.sid);
    // "direct" as often as it was sent, "after" and "missed": nothing of what was refused.
    CHECK(again.early.size() == static_cast<std::size_t>(sent) + 2);
    for (std::size_t n = 0; n < again.early.size(); ++n) {
        INFO(again.early[n].substr(0, 40));
        CHECK(again.early[n].starts_with(n < static_cast<std::size_t>(sent)
                                             ? "2[\"direct\"," + std::to_string(n)
                                         : n + 1 < again.early.size() ? "2[\"after\""
                                                                      : "2[\"missed\""));
    }
}

TEST_CASE("with recovery emits to one socket keep their place among broadcasts") {
    auto const threads = GENERATE(1u, 3u);
    socketio_test_server tested(threads, add_notes, recovering());
    visitor v(tested);
    std::atomic<bool> stop{false};
    std::thread other([&] {
        for (int n = 0; !stop; ++n) tested.io.emit("noise", n);
    });
    REQUIRE(tested.with(v.who.sid, [&](sio::socket& s) {
        for (int n = 0; n < 200; ++n) {
            (void)s.emit("direct", n);
            tested.io.emit("all", n);
        }
    }));
    stop = true;
    other.join();
    int direct = 0;
    int all = 0;
    int noise = 0;
    while (all < 200) {
        auto const p = v.client.next();
        if (p.starts_with("2[\"direct\"," + std::to_string(direct) + ",")) {
            CHECK(all == direct);
            ++direct;
        } else if (p.starts_with("2[\"all\"," + std::to_string(all) + ",")) {
            ++all;
        } else if (p.starts_with("2[\"noise\"," + std::to_string(noise) + ",")) {
            ++noise;
        } else {
            FAIL(p);
        }
    }
    CHECK(direct == 200);
}

// Broadcasts of a Socket.IO server and the rooms they go to: who gets them, in which order, and
// what comes back.
#include "integration/socketio_client.hpp"

#include <algorithm>
#include <any>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
using strings = std::vector<std::string>;

namespace {

/// Clients of one tested that have joined, with "join" and "leave" at their service.
struct crowd {
    explicit crowd(socketio_test_server const& tested, int n) {
        for (int i = 0; i < n; ++i) {
            all.push_back(std::make_unique<sio_client>(tested.port()));
            ids.push_back(all.back()->join().sid);
        }
    }
    sio_client& operator[](std::size_t i) { return *all[i]; }
    /// What each has got by now, its packets joined.
    strings flush() {
        strings got;
        for (auto const& c : all) {
            std::string line;
            for (auto const& p : c->flush()) line.append(line.empty() ? "" : " ").append(p);
            got.push_back(line);
        }
        return got;
    }
    std::vector<std::unique_ptr<sio_client>> all{};
    strings ids{};
};

void add_rooms(sio::server const& io, notes&) {
    io.on("join",
          [](sio::socket& s, std::string room, sio::ack<bool> done) { done(s.join(room)); });
    io.on("leave", [](sio::socket& s, std::string room) { s.leave(room); });
    io.on("to", [](sio::socket& s, std::string room) { s.to(room).emit("m", room); });
    io.on("others", [](sio::socket& s) { s.broadcast().emit("m", "others"); });
    io.on("other than",
          [](sio::socket& s, std::string room) { s.except(room).emit("m", "not " + room); });
}

std::string plain(std::string_view text) {
    return R"(2["m",")" + std::string(text) + R"("])";
}

}  // namespace

TEST_CASE("a broadcast reaches each socket of its rooms once") {
    auto const threads = GENERATE(1u, 4u);
    socketio_test_server tested(threads, add_rooms);
    crowd c(tested, 4);
    auto const join = [&](std::size_t i, std::string const& room) {
        c[i].packet(R"(21["join",")" + room + R"("])");
        CHECK(c[i].next() == "31[true]");
    };
    join(0, "a");
    join(1, "a");
    join(1, "b");
    join(1, "b");
    join(2, "b");
    auto const& io = tested.io;
    io.to("a").to("b").emit("m", "1");
    io.in("a").in(strings{"a", "b"}).except("b").emit("m", "2");
    io.except(strings{"a", c.ids[3]}).emit("m", "3");
    io.to(c.ids[3]).emit("m", "4");
    io.to(strings{c.ids[3], "none"}).volatile_().compress(false).local().emit("m", "5");
    io.to("none").emit("m", "6");
    io.emit("m", "7");
    CHECK(c.flush() == strings{plain("1") + " " + plain("2") + " " + plain("7"),
                               plain("1") + " " + plain("7"),
                               plain("1") + " " + plain("3") + " " + plain("7"),
                               plain("4") + " " + plain("5") + " " + plain("7")});
    c[1].packet(R"(2["to","a"])");
    c[1].packet(R"(2["others"])");
    c[1].packet(R"(2["other than","b"])");
    c[1].packet(R"(2["leave","b"])");
    (void)c[1].flush();
    CHECK(c[0].flush() == strings{plain("a"), plain("others"), plain("not b")});
    CHECK(c[2].flush() == strings{plain("others")});
    io.to("b").emit("m", "8");
    CHECK(c.flush() == strings{"", "", plain("8"), plain("others") + " " + plain("not b")});
}

TEST_CASE(
    "all sockets get the broadcasts of many threads in one order, those of each thread in its "
    "own") {
    socketio_test_server tested(4, [](sio::server const& io, notes&) {
        io.on("m", [io](sio::socket& s, std::string text) {
            s.emit("m", text + "d");
            io.emit("m", text);
            s.emit("m", text + "e");
        });
    });
    crowd c(tested, 6);
    std::vector<std::thread> emitters;
    constexpr int rounds = 100;
    for (int t = 0; t < 3; ++t)
        emitters.emplace_back([&, t] {
            for (int n = 0; n < rounds; ++n)
                tested.io.emit("m", std::string(1, static_cast<char>('x' + t)) + std::to_string(n));
        });
    for (std::size_t i = 0; i < 6; ++i)
        for (int n = 0; n < rounds; ++n)
            c[i].packet(R"(2["m",")" + std::string(1, static_cast<char>('a' + i)) +
                        std::to_string(n) + R"("])");
    for (auto& t : emitters) t.join();
    std::vector<strings> broadcasts(6);
    for (std::size_t i = 0; i < 6; ++i) {
        std::string last;
        while (broadcasts[i].size() < 9 * rounds) {
            auto const text = c[i].until("2[\"m\"").substr(6);
            auto const name = text.substr(1, text.size() - 3);
            // Its own: "a1d", "a1", "a1e".
            if (name.ends_with('e')) CHECK(last + "e" == name);
            if (name[0] == static_cast<char>('a' + i) && !name.ends_with('d') &&
                !name.ends_with('e'))
                CHECK(last == name + "d");
            if (name[0] == static_cast<char>('a' + i)) last = name;
            if (!name.ends_with('d') && !name.ends_with('e')) broadcasts[i].push_back(name);
        }
    }
    for (auto const& b : broadcasts) CHECK(b == broadcasts[0]);
    for (auto const first : {'a', 'f', 'x', 'z'}) {
        int next = 0;
        for (auto const& name : broadcasts[0])
            if (name[0] == first) CHECK(name.substr(1) == std::to_string(next++));
        CHECK(next == rounds);
    }
}

TEST_CASE("the answers to a broadcast are gathered: all, some at the timeout, without who left") {
    auto const threads = GENERATE(1u, 4u);
    socketio_test_server tested(threads);
    crowd c(tested, 3);
    auto const answer = [](sio_client& by, std::string_view what) {
        auto const p = by.until("2");
        by.packet("3" + p.substr(1, p.find('[') - 1) + std::string(what));
    };
    auto const note = [&](error_code e, std::vector<int> all) {
        std::sort(all.begin(), all.end());
        std::string line = e ? e.message() : "all";
        for (auto const n : all) line.append(" ").append(std::to_string(n));
        tested.seen.add("answers " + line);
    };
    auto const last = [&](std::string const& line) {
        INFO(line);
        return tested.seen.wait_for("answers " + line);
    };
    tested.io.emit("q", note);
    answer(c[0], "[1]");
    answer(c[1], "[2]");
    answer(c[2], "[3,4]");
    CHECK(last("all 1 2 3"));

    tested.io.to(c.ids[0]).emit("q", note);
    answer(c[0], R"(["no"])");
    CHECK(last(make_error_code(errc::bad_arguments).message()));

    tested.io.timeout(100ms).emit("q", note);
    answer(c[0], "[1]");
    answer(c[2], "[3]");
    CHECK(last(make_error_code(errc::ack_timeout).message() + " 1 3"));

    (void)c[1].until("2");
    tested.io.emit("q", note);
    answer(c[0], "[1]");
    answer(c[2], "[3]");
    (void)c[1].until("2");
    c[1].close();
    CHECK(last(make_error_code(errc::session_closed).message() + " 1 3"));

    tested.io.to("nobody").emit("q", note);
    CHECK(last("all"));
}

TEST_CASE("sockets are fetched, moved and ended from outside") {
    auto const threads = GENERATE(1u, 4u);
    socketio_test_server tested(threads, [](sio::server const& io, notes&) {
        io.on_connection([](sio::socket& s) { s.data() = std::string("d" + s.id()); });
    });
    crowd c(tested, 3);
    auto const& io = tested.io;
    io.to(strings{c.ids[0], c.ids[1]}).sockets_join("r");
    io.except(c.ids[2]).sockets_join("s");
    io.in(c.ids[1]).sockets_leave("r");
    auto const fetch = [&](sio::broadcast const& from) {
        std::vector<sio::remote_socket> found;
        auto const mark = "fetched " + std::to_string(tested.seen.all().size());
        from.fetch_sockets([&](error_code e, std::vector<sio::remote_socket> all) {
            CHECK_FALSE(e);
            found = std::move(all);
            tested.seen.add(mark);
        });
        CHECK(tested.seen.wait_for(mark));
        return found;
    };
    CHECK(fetch(io.everybody()).size() == 3);
    CHECK(fetch(io.in("s")).size() == 2);
    auto const one = fetch(io.to("r"));
    REQUIRE(one.size() == 1);
    CHECK(one[0].id == c.ids[0]);
    CHECK(one[0].rooms == strings{c.ids[0], "r", "s"});
    CHECK(std::any_cast<std::string>(one[0].data) == "d" + c.ids[0]);
    CHECK(one[0].handshake.address == "127.0.0.1");
    io.in("r").sockets_leave({"r", "s"});
    CHECK(fetch(io.in("r")).empty());
    CHECK(fetch(io.in("s")).size() == 1);
    io.in(c.ids[0]).sockets_join({"r", "s"});
    CHECK(tested.with(c.ids[0], [](sio::socket& s) { CHECK(s.is_in("r")); }));
    CHECK(io.socket_count() == 3);
    io.in("r").disconnect_sockets();
    CHECK(c[0].next() == "1");
    (void)c[0].join();
    io.in(c.ids[1]).disconnect_sockets(true);
    CHECK(c[1].next() == "1");
    CHECK(c[1].is_closed());
    io.disconnect_sockets(true);
    CHECK(c[0].is_closed());
    CHECK(c[2].is_closed());
    CHECK(tested.is_empty());
    CHECK(tested.seen.count("disconnect / server namespace disconnect") == 4);
    // Nobody is there any more.
    io.post(c.ids[0], [](sio::socket&) { FAIL("gone"); });
}

TEST_CASE("data that throws when it is copied hurts nobody") {
    struct mine {
        mine() = default;
        mine(mine const&) { throw std::runtime_error("not to be copied"); }
    };
    sio::options o;
    o.recovery.enabled = true;
    socketio_test_server tested(
        1,
        [](sio::server const& io, notes&) {
            io.on_connection([](sio::socket& s) { s.data().emplace<mine>(); });
        },
        o);
    {
        crowd c(tested, 1);
        tested.io.fetch_sockets([&](error_code e, std::vector<sio::remote_socket> all) {
            tested.seen.add("fetched " + std::to_string(all.size()) + (e ? " with an error" : ""));
        });
        CHECK(tested.seen.wait_for("fetched 0 with an error"));
    }
    CHECK(tested.seen.wait_for("disconnect"));
}

TEST_CASE("rooms are told when they come to be, are joined, left and gone") {
    auto const threads = GENERATE(1u, 4u);
    notes rooms;
    socketio_test_server tested(threads, [&](sio::server const& io, notes&) {
        io.on_room([&](sio::room_change what, std::string const& room, std::string const& id) {
            if (room == id) return;
            constexpr char const* words[] = {"created ", "joined ", "left ", "removed "};
            rooms.add(words[static_cast<std::size_t>(what)] + room);
            if (what == sio::room_change::created) throw std::runtime_error("nobody minds");
        });
        io.on_connection([](sio::socket& s) {
            s.join("r");
            s.leave("r");
            s.join("r");
        });
    });
    {
        crowd c(tested, 1);
        (void)c.flush();
    }
    CHECK(rooms.wait_for("removed r", 2));
    CHECK(rooms.all() == strings{"created r",
                                 "joined r",
                                 "left r",
                                 "removed r",
                                 "created r",
                                 "joined r",
                                 "left r",
                                 "removed r"});
    {
        crowd c(tested, 3);
        (void)c.flush();
    }
    CHECK(rooms.wait_for("left", 2 + 6));
    CHECK(tested.is_empty());
}

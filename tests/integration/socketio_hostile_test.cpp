// What a client of a Socket.IO server cannot make it pay for, and what operators are told of it.
#include "integration/socketio_client.hpp"
#include "support/colliding_names.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
using strings = std::vector<std::string>;

namespace {

/// A line about a connection says at which mount, which session, and from where.
bool names_connection(std::string const& line) {
    return line.find("(/socket.io") != line.npos && line.find(", session ") != line.npos &&
           line.find(", from 127.0.0.1)") != line.npos;
}

std::string first_line(notes const& log, std::string_view with) {
    for (auto const& line : log.all())
        if (line.find(with) != line.npos) return line;
    return {};
}

bool has_line(notes& log, std::string_view with) {
    return log.wait_until([&](strings const& lines) {
        return std::any_of(
            lines.begin(), lines.end(), [&](auto const& l) { return l.find(with) != l.npos; });
    });
}

}  // namespace

TEST_CASE("a connection that asks for namespaces without an end is closed") {
    socketio_test_server tested(1);
    auto const what = GENERATE("40/unknown,", "40/,");
    sio_client c(tested.port());
    (void)c.join();
    std::string many;
    for (int n = 0; n < 200; ++n) {
        many += client_frame(1, what);
        if (std::string_view(what) == "40/,") many += client_frame(1, "41/,");
    }
    // Far more than it may, in spite of what it gains meanwhile.
    for (int n = 0; n < 1'000 && c.try_send(many); ++n)
        if (tested.io.connection_count() == 0) break;
    CHECK(eventually([&] { return tested.io.connection_count() == 0; }));
}

TEST_CASE("thousands of rooms are joined and left, whatever their names") {
    auto const names = std::make_shared<strings const>(colliding_names(9'900));
    socketio_test_server tested(1, [&](sio::server const& io, notes&) {
        io.on("again", [names](sio::socket& s, sio::ack<std::size_t> done) {
            for (auto const& n : *names) s.join(n);
            auto const most = s.rooms().size();
            for (auto const& n : *names) {
                if (!s.is_in(n)) return done(0);
                s.leave(n);
                if (s.is_in(n)) return done(0);
            }
            done(most - s.rooms().size());
        });
    });
    sio_client c(tested.port());
    (void)c.join();
    for (int round = 1; round <= 3; ++round) {
        c.packet("2" + std::to_string(round) + R"(["again"])");
        CHECK(c.next() == "3" + std::to_string(round) + "[9900]");
    }
    c.packet(R"(24["again"])");
    c.reset();
    CHECK(tested.is_empty());
}

TEST_CASE("the auth of a namespace is bounded") {
    sio::options o;
    o.max_auth_bytes = 100;
    o.engine.eio3 = true;
    socketio_test_server tested(1, {}, o);
    sio_client c(tested.port());
    CHECK_FALSE(c.join("/", R"({"t":")" + std::string(80, 'x') + R"("})").sid.empty());
    (void)tested.io.of("/a");
    c.packet(R"(0/a,{"t":")" + std::string(100, 'x') + R"("})");
    CHECK(c.next() == R"(4/a,{"message":"The auth is too big"})");
    (void)c.join("/a");
    sio_client old(tested.port(), sio_client::v3);
    (void)old.until("0");
    for (auto const& query : {"t=" + std::string(100, 'x'), "t=" + std::string(30, '\x01')}) {
        old.packet("0/a?" + query + ",");
        CHECK(old.next() == R"(4/a,"The auth is too big")");
    }
    old.packet("0/a?t=1,");
    CHECK(old.next() == "0/a,");
}

TEST_CASE("dynamic namespaces that nobody uses keep nobody out") {
    sio::options o;
    o.max_child_namespaces = 3;
    o.max_client_child_namespaces = 2;
    o.clean_up_child_namespaces = GENERATE(true, false);
    auto const made = std::make_shared<std::atomic<int>>(0);
    socketio_test_server tested(
        1,
        [&](sio::server const& io, notes&) {
            io.of([](std::string_view name, sio::json_view) {
                  return name.starts_with("/dyn");
              }).on_new_namespace([made](sio::nsp const&) { ++*made; });
        },
        o);
    sio_client c(tested.port());
    (void)c.join();
    (void)c.join("/dyn-a");
    (void)c.join("/dyn-b");
    for (auto const* again : {"/dyn-c", "/dyn-c"}) {
        c.packet("0" + std::string(again) + ",");
        CHECK(c.next() == R"(4/dyn-c,{"message":"Too many namespaces"})");
    }
    CHECK(*made == 2);
    CHECK(has_line(tested.log, "it is in `max_client_child_namespaces`"));
    CHECK(names_connection(first_line(tested.log, "max_client_child_namespaces")));
    for (int n = 0; n < 20; ++n) {
        auto const name = "/dyn-" + std::to_string(n);
        c.packet("1/dyn-b,");
        (void)c.join(name);
        c.packet("1" + name + ",");
        (void)c.join("/dyn-b");
    }
    // All that may be are in use now.
    sio_client second(tested.port());
    (void)second.join("/dyn-x");
    second.packet("0/dyn-y,");
    CHECK(second.next() == R"(4/dyn-y,{"message":"Invalid namespace"})");
    (void)second.join("/dyn-a");
}

TEST_CASE("a dynamic namespace goes with its last socket, unless the application has a handle") {
    std::optional<sio::nsp> kept;
    auto const made = std::make_shared<std::atomic<int>>(0);
    socketio_test_server tested(1, [&](sio::server const& io, notes&) {
        io.of([](std::string_view name, sio::json_view) {
              return name.starts_with("/dyn");
          }).on_new_namespace([&, made](sio::nsp const& n) {
            ++*made;
            if (n.name() == "/dyn-kept") kept = n;
            // What holds itself goes as well.
            if (n.name() == "/dyn-self") n.on("e", [n] { (void)n.name(); });
        });
    });
    sio_client c(tested.port());
    (void)c.join();
    auto const visit = [&](std::string const& name) {
        (void)c.join(name);
        c.packet("1" + name + ",");
        (void)c.flush();
    };
    visit("/dyn-1");
    visit("/dyn-1");
    CHECK(*made == 2);
    visit("/dyn-kept");
    visit("/dyn-kept");
    CHECK(*made == 3);
    (void)c.join("/dyn-kept");
    kept->emit("e", 1);
    CHECK(c.next() == R"(2/dyn-kept,["e",1])");
    // The application has asked for it: so it is kept, with what was registered.
    tested.io.of("/dyn-mine").on("e", [](sio::ack<int> done) { done(7); });
    visit("/dyn-mine");
    (void)c.join("/dyn-mine");
    c.packet(R"(2/dyn-mine,1["e"])");
    CHECK(c.next() == "3/dyn-mine,1[7]");
    visit("/dyn-self");
}

TEST_CASE("a dynamic namespace is kept as long as sessions may recover in it") {
    sio::options o;
    o.recovery.enabled = true;
    auto const made = std::make_shared<std::atomic<int>>(0);
    socketio_test_server tested(
        1,
        [&](sio::server const& io, notes&) {
            io.of([](std::string_view, sio::json_view) {
                  return true;
              }).on_new_namespace([made](sio::nsp const&) { ++*made; });
        },
        o);
    joined who;
    {
        sio_client c(tested.port());
        who = c.join("/dyn");
    }
    REQUIRE(tested.is_empty());
    tested.io.of("/dyn").emit("missed", 1);
    sio_client again(tested.port());
    CHECK(again.join("/dyn", R"({"pid":")" + who.pid + R"("})").sid == who.sid);
    CHECK(again.early.size() == 1);
    CHECK(*made == 1);
    // One that has said goodbye does not come back.
    again.packet("1/dyn,");
    (void)again.join("/dyn");
    CHECK(*made == 2);
}

TEST_CASE("operators are told why a client cannot be talked to, a line a second") {
    socketio_test_server tested(1);
    for (int n = 0; n < 5; ++n) {
        sio_client msgpack(tested.port());
        msgpack.attachment("\x83\xa4type");
        CHECK(msgpack.is_closed());
    }
    CHECK(has_line(tested.log, "socket.io-msgpack-parser"));
    CHECK(tested.log.count("socket.io: connection closed") < 5);
    CHECK(names_connection(first_line(tested.log, "socket.io-msgpack-parser")));
    auto const refused = [&](std::string const& target) {
        raw_client c(tested.port());
        CHECK(c.get(target).status == 400);
    };
    for (int n = 0; n < 3; ++n) {
        refused("/socket.io/?EIO=3&transport=polling");
        refused("/socket.io/?EIO=4&transport=carrier-pigeon");
    }
    CHECK(has_line(tested.log, "set engineio_options::eio3"));
    CHECK(has_line(tested.log, "carrier-pigeon"));
    CHECK(tested.log.count("refused a client at /socket.io") < 6);
}

TEST_CASE("what clients can cause to be logged does not flood the log") {
    sio::options o;
    o.max_rooms = 1;
    socketio_test_server tested(
        1,
        [](sio::server const& io, notes&) {
            io.on("number", [](int) {});
            io.on("join", [](sio::socket& s, std::string room) { s.join(room); });
        },
        o);
    sio_client c(tested.port());
    (void)c.join();
    for (int n = 0; n < 50; ++n) {
        c.packet(R"(2["number","none"])");
        c.packet(R"(2["join","r)" + std::to_string(n) + "\\n" + std::string(100, 'x') + R"("])");
    }
    (void)c.flush();
    CHECK(tested.log.count("socket.io: event 'number'") < 50);
    CHECK(tested.log.count("socket.io: the socket is in `max_rooms`") < 49);
    for (auto const* with : {"event 'number'", "`max_rooms`"}) {
        auto const line = first_line(tested.log, with);
        CHECK(names_connection(line));
        CHECK(line.find('\n') == line.npos);
        CHECK(line.size() < 300);
    }
}

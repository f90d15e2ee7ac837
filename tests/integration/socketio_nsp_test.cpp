// Namespaces of a Socket.IO server: rooms, broadcasts, middlewares, dynamic ones, limits.
#include "integration/socketio_client.hpp"

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
using strings = std::vector<std::string>;

namespace {

/// Clients of one house that have joined, with "join" and "leave" at their service.
struct crowd {
    explicit crowd(sio_house const& house, int n) {
        for (int i = 0; i < n; ++i) {
            all.push_back(std::make_unique<sio_client>(house.port()));
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
    sio_house house(threads, add_rooms);
    crowd c(house, 4);
    auto const join = [&](std::size_t i, std::string const& room) {
        c[i].packet(R"(21["join",")" + room + R"("])");
        CHECK(c[i].next() == "31[true]");
    };
    join(0, "a");
    join(1, "a");
    join(1, "b");
    join(1, "b");
    join(2, "b");
    auto const& io = house.io;
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
    sio_house house(4, [](sio::server const& io, notes&) {
        io.on("m", [io](sio::socket& s, std::string text) {
            s.emit("m", text + "d");
            io.emit("m", text);
            s.emit("m", text + "e");
        });
    });
    crowd c(house, 6);
    std::vector<std::thread> emitters;
    constexpr int rounds = 100;
    for (int t = 0; t < 3; ++t)
        emitters.emplace_back([&, t] {
            for (int n = 0; n < rounds; ++n)
                house.io.emit("m", std::string(1, static_cast<char>('x' + t)) + std::to_string(n));
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
    sio_house house(threads);
    crowd c(house, 3);
    auto const answer = [](sio_client& by, std::string_view what) {
        auto const p = by.until("2");
        by.packet("3" + p.substr(1, p.find('[') - 1) + std::string(what));
    };
    auto const note = [&](error_code e, std::vector<int> all) {
        std::sort(all.begin(), all.end());
        std::string line = e ? e.message() : "all";
        for (auto const n : all) line.append(" ").append(std::to_string(n));
        house.seen.add("answers " + line);
    };
    auto const last = [&](std::string const& line) {
        INFO(line);
        return house.seen.wait_for("answers " + line);
    };
    house.io.emit("q", note);
    answer(c[0], "[1]");
    answer(c[1], "[2]");
    answer(c[2], "[3,4]");
    CHECK(last("all 1 2 3"));

    house.io.to(c.ids[0]).emit("q", note);
    answer(c[0], R"(["no"])");
    CHECK(last(make_error_code(errc::bad_arguments).message()));

    house.io.timeout(100ms).emit("q", note);
    answer(c[0], "[1]");
    answer(c[2], "[3]");
    CHECK(last(make_error_code(errc::ack_timeout).message() + " 1 3"));

    (void)c[1].until("2");
    house.io.emit("q", note);
    answer(c[0], "[1]");
    answer(c[2], "[3]");
    (void)c[1].until("2");
    c[1].close();
    CHECK(last(make_error_code(errc::session_closed).message() + " 1 3"));

    house.io.to("nobody").emit("q", note);
    CHECK(last("all"));
}

TEST_CASE("sockets are fetched, moved and ended from outside") {
    auto const threads = GENERATE(1u, 4u);
    sio_house house(threads, [](sio::server const& io, notes&) {
        io.on_connection([](sio::socket& s) { s.data() = std::string("d" + s.id()); });
    });
    crowd c(house, 3);
    auto const& io = house.io;
    io.to(strings{c.ids[0], c.ids[1]}).sockets_join("r");
    io.except(c.ids[2]).sockets_join("s");
    io.in(c.ids[1]).sockets_leave("r");
    auto const fetch = [&](sio::broadcast const& from) {
        std::vector<sio::remote_socket> found;
        auto const mark = "fetched " + std::to_string(house.seen.all().size());
        from.fetch_sockets([&](error_code e, std::vector<sio::remote_socket> all) {
            CHECK_FALSE(e);
            found = std::move(all);
            house.seen.add(mark);
        });
        CHECK(house.seen.wait_for(mark));
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
    CHECK(house.with(c.ids[0], [](sio::socket& s) { CHECK(s.is_in("r")); }));
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
    CHECK(house.is_empty());
    CHECK(house.seen.count("disconnect / server namespace disconnect") == 4);
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
    sio_house house(
        1,
        [](sio::server const& io, notes&) {
            io.on_connection([](sio::socket& s) { s.data().emplace<mine>(); });
        },
        o);
    {
        crowd c(house, 1);
        house.io.fetch_sockets([&](error_code e, std::vector<sio::remote_socket> all) {
            house.seen.add("fetched " + std::to_string(all.size()) + (e ? " with an error" : ""));
        });
        CHECK(house.seen.wait_for("fetched 0 with an error"));
    }
    CHECK(house.seen.wait_for("disconnect"));
}

TEST_CASE("rooms are told when they come to be, are joined, left and gone") {
    auto const threads = GENERATE(1u, 4u);
    notes rooms;
    sio_house house(threads, [&](sio::server const& io, notes&) {
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
        crowd c(house, 1);
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
        crowd c(house, 3);
        (void)c.flush();
    }
    CHECK(rooms.wait_for("left", 2 + 6));
    CHECK(house.is_empty());
}

TEST_CASE("middlewares let in, refuse, wait for another thread, throw, or forget to decide") {
    auto const threads = GENERATE(1u, 4u);
    std::mutex mutex;
    std::vector<sio::next> waiting;
    sio_house house(threads, [&](sio::server const& io, notes& seen) {
        auto const n = io.of("/m");
        n.use([&](sio::socket& s, sio::next go_on) {
            auto const how = s.auth().find("how");
            if (!how) return go_on();
            if (how->equals("refuse"))
                return go_on({.message = "no", .data = sio::to_json(std::vector<int>{1, 2})});
            if (how->equals("throw")) throw std::runtime_error("oh");
            if (how->equals("forget")) return;
            s.join("early");
            std::scoped_lock const lock(mutex);
            waiting.push_back(go_on);
            seen.add("waiting");
        });
        n.use([&](sio::socket&, sio::next go_on) {
            seen.add("second");
            go_on();
        });
        n.on_connection(
            [&](sio::socket& s) { seen.add("in " + std::to_string(s.rooms().size())); });
    });
    sio_client c(house.port());
    (void)c.join();
    c.packet(R"(0/m,{"how":"refuse"})");
    CHECK(c.next() == R"(4/m,{"message":"no","data":[1,2]})");
    c.packet(R"(0/m,{"how":"forget"})");
    CHECK(c.next() == R"(4/m,{"message":"No decision was made"})");
    CHECK(house.seen.count("second") == 0);
    c.packet(R"(0/m,{"how":"wait"})");
    REQUIRE(house.seen.wait_for("waiting"));
    waiting.at(0)();
    waiting.at(0)({.message = "late"});
    CHECK(c.next().starts_with("0/m,"));
    REQUIRE(house.seen.wait_for("in 2"));
    c.packet("1/m,");
    (void)c.join("/m");
    CHECK(house.seen.wait_for("in 1"));
    c.packet("1/m,");
    c.packet(R"(0/m,{"how":"throw"})");
    CHECK(c.is_closed());

    // Two who go while they wait: with the namespace, and with the connection.
    sio_client gone(house.port());
    (void)gone.join();
    gone.packet(R"(0/m,{"how":"wait"})");
    gone.packet("1/m,");
    gone.packet(R"(0/m,{"how":"wait"})");
    REQUIRE(house.seen.wait_for("waiting", 3));
    gone.reset();
    REQUIRE(house.is_empty());
    waiting.at(1)();
    waiting.at(2)();
    CHECK(house.seen.count("in ") == 2);
    CHECK(house.io.of("m").socket_count() == 0);
}

TEST_CASE(
    "what makes namespaces makes one for the first who asks, with all that is registered on it") {
    auto const threads = GENERATE(1u, 4u);
    sio::options o;
    o.max_child_namespaces = 3;
    o.clean_up_child_namespaces = true;
    std::atomic<int> made{0};
    std::optional<sio::nsp> parent;
    sio_house house(
        threads,
        [&](sio::server const& io, notes& seen) {
            (void)io.of([](std::string_view name, sio::json_view) -> bool {
                if (name == "/throws") throw std::runtime_error("oh");
                return false;
            });
            parent = io.of([](std::string_view name, sio::json_view auth) {
                return name.starts_with("/dyn-") && !auth.find("bad");
            });
            parent->use([](sio::socket& s, sio::next go_on) {
                s.join("r");
                go_on();
            });
            parent->on("e", [](sio::ack<std::string> done) { done("e"); });
            parent->on_new_namespace([&](sio::nsp const& n) {
                ++made;
                n.on("late", [name = n.name()](sio::ack<std::string> done) { done(name); });
                (void)parent->on_connection([](sio::socket&) {});  // while it is told
            });
            io.on_new_namespace([&](sio::nsp const& n) {
                seen.add("new " + n.name());
                throw std::runtime_error("nobody minds");
            });
        },
        o);
    std::vector<std::thread> racers;
    std::atomic<int> good{0};
    for (int i = 0; i < 6; ++i)
        racers.emplace_back([&] {
            sio_client c(house.port());
            (void)c.join("/dyn-1");
            c.packet(R"(2/dyn-1,1["late"])");
            if (c.next() == R"(3/dyn-1,1["/dyn-1"])") ++good;
        });
    for (auto& t : racers) t.join();
    CHECK(good == 6);
    REQUIRE(house.is_empty());
    // Cleaned up, and made again as often as nobody was left.
    CHECK(house.seen.count("new /dyn-1") == static_cast<std::size_t>(made));

    sio_client c(house.port());
    (void)c.join();
    for (auto const* name : {"/dyn-1", "/dyn-2", "/dyn-3"}) (void)c.join(name);
    for (auto const* name : {"/dyn-4", "/other"}) {
        c.packet("0" + std::string(name) + ",");
        CHECK(c.next() == "4" + std::string(name) + R"(,{"message":"Invalid namespace"})");
    }
    c.packet(R"(0/dyn-9,{"bad":1})");
    CHECK(c.next() == R"(4/dyn-9,{"message":"Invalid namespace"})");
    c.packet(R"(2/dyn-2,1["e"])");
    CHECK(c.next() == R"(3/dyn-2,1["e"])");
    parent->emit("m", 1);
    auto got = c.flush();
    std::sort(got.begin(), got.end());
    CHECK(got == strings{R"(2/dyn-1,["m",1])", R"(2/dyn-2,["m",1])", R"(2/dyn-3,["m",1])"});
    parent->except("none").sockets_join("s");
    parent->sockets_leave("r");
    parent->to("r").emit("m", 2);
    parent->to("s").emit("m", 3);
    CHECK(c.flush().size() == 3);
    CHECK_THROWS_AS(parent->fetch_sockets({}), std::logic_error);
    CHECK_THROWS_AS(parent->post("x", {}), std::logic_error);
    CHECK_THROWS_AS(parent->emit("q", [](error_code, std::vector<int>) {}), std::logic_error);
    c.packet("1/dyn-2,");
    (void)c.flush();
    // One that the application asks for is of the same kind, and stays.
    CHECK(eventually([&] {
        try {
            return house.io.of("dyn-4").name() == "/dyn-4";
        } catch (std::length_error const&) {
            return false;
        }
    }));
    parent->disconnect_sockets();
    CHECK(c.until("1/dyn-1,") == "1/dyn-1,");
    (void)c.join("/dyn-4");
    c.packet(R"(2/dyn-4,1["late"])");
    CHECK(c.until("3") == R"(3/dyn-4,1["/dyn-4"])");
    sio_client bad(house.port());
    bad.packet("0/throws,");
    CHECK(bad.is_closed());
}

TEST_CASE("a connection that joins nothing is closed in time") {
    sio::options o;
    o.connect_timeout = 100ms;
    sio_house house(1, {}, o);
    sio_client idle(house.port());
    sio_client refused(house.port());
    refused.packet("0/unknown,");
    CHECK(refused.next() == R"(4/unknown,{"message":"Invalid namespace"})");
    sio_client good(house.port());
    (void)good.join();
    CHECK(idle.is_closed());
    CHECK(refused.is_closed());
    CHECK(good.flush().empty());
}

TEST_CASE("what clients name and send is bounded") {
    sio::options o;
    o.max_namespaces = 2;
    o.max_namespace_name = 20;
    o.max_attachments = 2;
    o.max_packet_bytes = 100;
    o.max_depth = 5;
    o.max_rooms = 2;
    sio_house house(
        1,
        [](sio::server const& io, notes& seen) {
            add_rooms(io, seen);
            for (auto const* name : {"/a", "/b"}) (void)io.of(name);
        },
        o);
    sio_client c(house.port());
    (void)c.join();
    (void)c.join("/a");
    c.packet("0/b,");
    CHECK(c.next() == R"(4/b,{"message":"Too many namespaces"})");
    c.packet("1/a,");
    (void)c.join("/b");
    for (auto const* answer : {"31[true]", "31[true]", "31[false]"}) {
        static int n = 0;
        c.packet(R"(21["join","r)" + std::to_string(n++) + R"("])");
        CHECK(c.next() == answer);
    }
    strings const bad{
        "0/" + std::string(20, 'x') + ",", R"(53-["e"])", R"(2["e",[[[[[[1]]]]]]])", "2[[[[[[[["};
    for (auto const& p : bad) {
        INFO(p);
        sio_client peer(house.port());
        (void)peer.join();
        peer.packet(p);
        CHECK(peer.is_closed());
    }
    sio_client big(house.port());
    (void)big.join();
    big.packet(R"(52-["e",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])");
    big.attachment(std::string(90, 'x'));
    CHECK(big.is_closed());
    sio_client odd(house.port());
    (void)odd.join();
    odd.attachment("unannounced");
    CHECK(odd.is_closed());
    CHECK(eventually([&] { return house.io.connection_count() == 1; }));
}

TEST_CASE("options out of range are refused") {
    auto const refused = [](auto change) {
        sio::options o;
        change(o);
        CHECK_THROWS_AS(sio::server(o), std::invalid_argument);
    };
    refused([](sio::options& o) { o.connect_timeout = 0ms; });
    refused([](sio::options& o) { o.max_depth = 513; });
    refused([](sio::options& o) { o.max_namespaces = 0; });
    refused([](sio::options& o) { o.recovery.max_disconnection = 0ms; });
    sio::server const io;
    server at(on_free_port());
    at.mount("/socket.io/", io);
    CHECK_THROWS_AS(at.mount("/again/", io), std::logic_error);
}

TEST_CASE("what the application keeps may outlive both servers") {
    std::optional<sio::nsp> kept;
    std::optional<sio::broadcast> cast;
    std::vector<sio::next> decisions;
    std::vector<sio::ack<int>> acks;
    std::atomic<bool> done{false};
    std::thread emitter;
    {
        sio::server const io;
        kept = io.of("/kept");
        kept->emit("before it is mounted");
        kept->fetch_sockets([](error_code, std::vector<sio::remote_socket>) {});
        io.of("/wait").use([&](sio::socket&, sio::next go_on) { decisions.push_back(go_on); });
        notes seen;
        io.on_connection([&](sio::socket& s) {
            cast = s.broadcast();
            seen.add("in");
        });
        io.on("late", [&](sio::ack<int> reply) {
            acks.push_back(reply);
            seen.add("asked");
        });
        running_server server(on_free_port(4),
                              [&](anywire::server& at) { at.mount("/socket.io/", io); });
        emitter = std::thread([&, nsp = *kept] {
            while (!done) {
                nsp.emit("e", 1);
                nsp.sockets_join("r");
            }
        });
        sio_client c(server.port());
        (void)c.join();
        (void)c.join("/kept");
        c.packet("0/wait,");
        c.packet(R"(21["late"])");
        REQUIRE(seen.wait_for("in"));
        REQUIRE(seen.wait_for("asked"));
    }
    kept->emit("e", 2);
    kept->fetch_sockets([](error_code, std::vector<sio::remote_socket>) {});
    kept->post("x", [](sio::socket&) {});
    cast->emit("e");
    cast->disconnect_sockets(true);
    for (auto const& n : decisions) n();
    for (auto const& a : acks) a(1);
    CHECK(kept->socket_count() == 0);
    done = true;
    emitter.join();
}

TEST_CASE("a client that asks for more answers than it reads is cut off") {
    sio::options o;
    o.engine.limits.max_queued_bytes = 4096;
    o.engine.limits.overflow = GENERATE(
        overflow_policy::close, overflow_policy::drop_newest, overflow_policy::drop_oldest);
    sio_house house(1, {}, o);
    raw_client c(house.port(), {.receive_buffer = 4096});
    REQUIRE(c.upgrade(sio_client::v4).status == 101);
    std::string many;
    for (int n = 0; n < 1000; ++n) many += client_frame(1, "40/" + std::string(200, 'x') + ",");
    for (int n = 0; n < 100 && c.try_send(many); ++n) {
        if (house.io.connection_count() == 0) break;
    }
    CHECK(eventually([&] { return house.io.connection_count() == 0; }));
}

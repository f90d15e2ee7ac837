// Namespaces of a Socket.IO server: middlewares, those that are made on demand, and their life.
#include "integration/socketio_client.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
using strings = std::vector<std::string>;

TEST_CASE("middlewares let in, refuse, wait for another thread, throw, or forget to decide") {
    auto const threads = GENERATE(1u, 4u);
    std::mutex mutex;
    std::vector<sio::next> waiting;
    socketio_test_server tested(threads, [&](sio::server const& io, notes& seen) {
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
    sio_client c(tested.port());
    (void)c.join();
    c.packet(R"(0/m,{"how":"refuse"})");
    CHECK(c.next() == R"(4/m,{"message":"no","data":[1,2]})");
    c.packet(R"(0/m,{"how":"forget"})");
    CHECK(c.next() == R"(4/m,{"message":"No decision was made"})");
    CHECK(tested.seen.count("second") == 0);
    c.packet(R"(0/m,{"how":"wait"})");
    REQUIRE(tested.seen.wait_for("waiting"));
    waiting.at(0)();
    waiting.at(0)({.message = "late"});
    CHECK(c.next().starts_with("0/m,"));
    REQUIRE(tested.seen.wait_for("in 2"));
    c.packet("1/m,");
    (void)c.join("/m");
    CHECK(tested.seen.wait_for("in 1"));
    c.packet("1/m,");
    c.packet(R"(0/m,{"how":"throw"})");
    CHECK(c.is_closed());

    // Two who go while they wait: with the namespace, and with the connection.
    sio_client gone(tested.port());
    (void)gone.join();
    gone.packet(R"(0/m,{"how":"wait"})");
    gone.packet("1/m,");
    gone.packet(R"(0/m,{"how":"wait"})");
    REQUIRE(tested.seen.wait_for("waiting", 3));
    gone.reset();
    REQUIRE(tested.is_empty());
    waiting.at(1)();
    waiting.at(2)();
    CHECK(tested.seen.count("in ") == 2);
    CHECK(tested.io.of("m").socket_count() == 0);
}

namespace {

/// A server whose clients make namespaces by naming them, three at a time.
struct parent_server {
    static sio::options opts() {
        sio::options o;
        o.max_child_namespaces = 3;
        o.clean_up_child_namespaces = true;
        return o;
    }
    void prepare(sio::server const& io, notes& seen) {
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
    }

    std::atomic<int> made{0};
    std::optional<sio::nsp> parent{};
    socketio_test_server tested{GENERATE(1u, 4u),
                                [this](sio::server const& io, notes& seen) { prepare(io, seen); },
                                opts()};
};

}  // namespace

TEST_CASE_METHOD(
    parent_server,
    "what makes namespaces makes one for the first who asks, with all that is registered on it") {
    std::vector<std::thread> racers;
    std::atomic<int> good{0};
    for (int i = 0; i < 6; ++i)
        racers.emplace_back([&] {
            sio_client c(tested.port());
            (void)c.join("/dyn-1");
            c.packet(R"(2/dyn-1,1["late"])");
            if (c.next() == R"(3/dyn-1,1["/dyn-1"])") ++good;
        });
    for (auto& t : racers) t.join();
    CHECK(good == 6);
    REQUIRE(tested.is_empty());
    // Cleaned up, and made again as often as nobody was left.
    CHECK(tested.seen.count("new /dyn-1") == static_cast<std::size_t>(made));
}

TEST_CASE_METHOD(
    parent_server,
    "the makers of namespaces are bounded, and do to all of theirs what is done to them") {
    sio_client c(tested.port());
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
}

TEST_CASE_METHOD(parent_server,
                 "a namespace that the application asks for is of its makers' kind, and stays") {
    sio_client c(tested.port());
    (void)c.join();
    for (auto const* name : {"/dyn-1", "/dyn-2", "/dyn-3"}) (void)c.join(name);
    c.packet("1/dyn-2,");
    (void)c.flush();
    // One that the application asks for is of the same kind, and stays.
    CHECK(eventually([&] {
        try {
            return tested.io.of("dyn-4").name() == "/dyn-4";
        } catch (std::length_error const&) {
            return false;
        }
    }));
    parent->disconnect_sockets();
    CHECK(c.until("1/dyn-1,") == "1/dyn-1,");
    (void)c.join("/dyn-4");
    c.packet(R"(2/dyn-4,1["late"])");
    CHECK(c.until("3") == R"(3/dyn-4,1["/dyn-4"])");
    sio_client bad(tested.port());
    bad.packet("0/throws,");
    CHECK(bad.is_closed());
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

TEST_CASE(
    "every namespace is shown before its first client, once, and whose connections come first") {
    notes shown;
    socketio_test_server tested(some_threads(), [&](sio::server const& io, notes& seen) {
        (void)io.of("/early");
        io.of([](std::string_view name, sio::json_view) {
              return name.starts_with("/dyn-");
          }).on_connection([&](sio::socket& s) { seen.add("app " + s.nsp_name()); });
        io.on_namespace([&](sio::nsp const& n) {
            shown.add(n.name());
            n.prepend_connection([&](sio::socket& s) { seen.add("watch " + s.nsp_name()); });
        });
        (void)io.of("/late");
        (void)io.of("/late");
        CHECK_THROWS_AS(io.on_namespace({}), std::invalid_argument);
        CHECK_THROWS_AS(io.prepend_connection({}), std::invalid_argument);
    });
    CHECK(shown.all() == strings{"/", "/early", "/late"});
    sio_client c(tested.port());
    for (auto const* name : {"/late", "/dyn-1"}) (void)c.join(name);
    (void)c.join();
    (void)c.flush();
    CHECK(shown.all() == strings{"/", "/early", "/late", "/dyn-1"});
    CHECK(tested.seen.all() ==
          strings{"watch /late", "watch /dyn-1", "app /dyn-1", "watch /", "connection /"});
}

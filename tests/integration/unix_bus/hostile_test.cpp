// Processes that are no nodes, and nodes that are stuck, dead or hostile.
#include "bus_bench.hpp"
#include "node_frames.hpp"

#include <catch2/catch.hpp>

#include <future>
#include <string>
#include <thread>
#include <vector>

using namespace anywire;
using namespace anywire::test;

namespace {

std::string greeting(std::string_view name) {
    std::string out;
    mesh::append_hello(out, name);
    return out;
}

std::string socket_of(bus_place const& at, bus_node const& n) {
    return at.temp.file("bus/" + n.port->node() + ".sock");
}

}  // namespace

TEST_CASE("a process that sends no frames is closed, counted and logged, and nobody else suffers") {
    bus_place const at;
    auto o = at.options();
    o.max_message_bytes = 1000;
    bus_node const a(o);
    bus_node const b(o);
    auto const heard = b.hear("x");
    REQUIRE(a.knows(b));
    REQUIRE(eventually([&] { return a.count("x") == 1; }));
    std::string const wrong[] = {"GET / HTTP/1.1\r\n\r\n",
                                 std::string(4, '\xff'),
                                 std::string(4, '\0'),
                                 greeting("no/name"),
                                 greeting(a.port->node()),
                                 greeting("9-listens-nowhere")};
    std::uint64_t refused = 0;
    for (auto const& bytes : wrong) {
        raw_node const stranger(socket_of(at, a));
        stranger.send(bytes);
        CHECK(stranger.is_closed());
        ++refused;
        CHECK(eventually([&] { return a.port->health().refused == refused; }));
    }
    CHECK(a.log->wait_for("unix_bus: "));
    a.say("x", "still");
    CHECK(b.seen->wait_for("x: still"));
    CHECK(a.port->health().nodes == 1);
}

TEST_CASE("a process that connects and does not say who it is is closed") {
    bus_place const at;
    auto o = at.options();
    o.patience = 100ms;
    bus_node const a(o);
    raw_node const silent(socket_of(at, a));
    CHECK(silent.is_closed());
    raw_node const slow(socket_of(at, a));
    slow.send(greeting("9-a").substr(0, 6));
    CHECK(slow.is_closed());
    CHECK(eventually([&] { return a.port->health().refused == 2; }));
}

TEST_CASE("too many who do not say who they are are not let in") {
    bus_place const at;
    auto o = at.options();
    o.max_nodes = 2;
    bus_node const a(o);
    raw_node const first(socket_of(at, a));
    raw_node const second(socket_of(at, a));
    raw_node const third(socket_of(at, a));
    CHECK(third.is_closed());
    CHECK(a.log->wait_for("unix_bus: too many have connected"));
}

TEST_CASE("a node that does not answer is counted on no more, and left alone for a while") {
    bus_place const at;
    fake_node stuck(at, "9-stuck");
    auto o = at.options();
    o.patience = 100ms;
    bus_node const a(o);
    auto const heard = a.hear("x");
    // It may be about to tell, so nobody answers before.
    CHECK(a.count("x") == 1);
    CHECK(a.log->wait_for("unix_bus: node 9-stuck does not answer"));
    auto const first = stuck.accept();
    auto const second = stuck.accept();  // again, after `retry_after`
    ::close(first);
    ::close(second);
}

TEST_CASE("a node that does not read is disconnected when its queue is full") {
    bus_place const at;
    fake_node stuck(at, "9-stuck");
    auto o = at.options();
    o.max_message_bytes = 1u << 20;
    o.max_queued_bytes = 2u << 20;
    o.patience = patience;
    bus_node const a(o);
    bus_node const b(o);
    auto const heard = b.hear("x");
    REQUIRE(a.knows(b));
    // Not told yet, so it is sent everything.
    std::string const large(1'000'000, 'x');
    for (int i = 0; i < 8; ++i) {
        a.say("x", large);
        REQUIRE(b.seen->wait_for("x: ", static_cast<std::size_t>(i + 1)));
    }
    CHECK(a.log->wait_for("unix_bus: node 9-stuck reads too slowly"));
    a.say("x", "still");
    CHECK(b.seen->wait_for("x: still"));
}

TEST_CASE("a node that breaks the protocol is disconnected") {
    bus_place const at;
    auto o = at.options();
    o.max_channels = 2;
    bus_node const a(o);
    fake_node evil(at, "9-evil");
    auto const join = [&](std::string const& more) {
        raw_node const to(socket_of(at, a));
        to.send(greeting(evil.name()) + more);
        return to.is_closed();
    };
    std::string channels;
    for (auto const* name : {"a", "b", "c"}) mesh::append_subscribe(channels, name);
    CHECK(join(channels));
    CHECK(a.log->wait_for("unix_bus: node 9-evil has too many channels"));
    CHECK(join(greeting(evil.name())));
    CHECK(a.log->wait_for("unix_bus: node 9-evil has sent a second greeting"));
    CHECK(join("\n\n\n\n"));
    CHECK(a.log->wait_for("unix_bus: node 9-evil has sent a frame that is too long"));
}

TEST_CASE("a node that speaks where it is spoken to is disconnected") {
    bus_place const at;
    bus_node const a(at.options());
    fake_node evil(at, "9-evil");
    auto const spoken_to = evil.accept();
    auto const bytes = greeting(evil.name());
    REQUIRE(::send(spoken_to, bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0);
    CHECK(a.log->wait_for("unix_bus: node 9-evil does not keep to the protocol"));
    ::close(spoken_to);
}

TEST_CASE("the socket of a node that was killed is removed by the others") {
    bus_place const at;
    bus_node const a(at.options());
    std::string path;
    {
        // What a killed process leaves: a file at which nobody listens.
        fake_node killed(at, "9-killed");
        path = at.temp.file("bus/9-killed.sock");
        std::filesystem::create_hard_link(path, path + "-kept");
    }
    std::filesystem::rename(path + "-kept", path);
    CHECK(a.log->wait_for("unix_bus: removed the socket of a dead node, 9-killed"));
    CHECK_FALSE(at.is_there("9-killed"));
}

TEST_CASE("a node that connects again before its end was seen takes its own place") {
    bus_place const at;
    bus_node const a(at.options());
    fake_node twice(at, "9-twice");
    raw_node const first(socket_of(at, a));
    std::string told = greeting(twice.name());
    mesh::append_told(told);
    first.send(told);
    REQUIRE(a.log->wait_for("unix_bus: connected with node 9-twice"));
    raw_node const second(socket_of(at, a));
    std::string with_channel = greeting(twice.name());
    mesh::append_subscribe(with_channel, "x");
    mesh::append_told(with_channel);
    second.send(with_channel);
    CHECK(first.is_closed());
    CHECK(eventually([&] { return a.count("x") == 1; }));
    CHECK(a.port->health().nodes == 1);
}

TEST_CASE("more nodes than max_nodes are left alone") {
    bus_place const at;
    auto o = at.options();
    o.max_nodes = 1;
    bus_node const a(o);
    bus_node const b(o);
    REQUIRE(a.knows(b));
    bus_node const c(o);
    CHECK(a.log->wait_for("unix_bus: there are more nodes than max_nodes"));
    CHECK(a.port->health().nodes == 1);
}

TEST_CASE("several threads together find as much room as there is, and no more") {
    bus_place const at;
    auto o = at.options();
    o.max_message_bytes = 1'000;
    o.max_queued_bytes = 100'000;
    bus_node const a(o);
    std::promise<void> held;
    std::promise<void> go_on;
    auto const holding =
        a.port->subscribe(redis::channel_kind::plain, "hold", [&](redis::channel_message const&) {
            held.set_value();
            go_on.get_future().wait();
        });
    a.say("hold", "");
    held.get_future().wait();
    auto const waiting = a.port->health().queued_bytes;
    constexpr std::size_t threads = 4;
    constexpr std::size_t each = 500;
    std::string const text(900, 'x');
    std::vector<std::thread> all;
    for (std::size_t i = 0; i < threads; ++i)
        all.emplace_back([&] {
            for (std::size_t n = 0; n < each; ++n) a.say("x", text);
        });
    for (auto& t : all) t.join();
    auto const now = a.port->health();
    go_on.set_value();
    auto const charged = 1 + text.size() + frame::overhead;
    auto const fitting = (o.max_queued_bytes - waiting) / charged;
    CHECK(now.queued_bytes == waiting + fitting * charged);
    CHECK(now.dropped == threads * each - fitting);
    CHECK(eventually([&] { return a.port->health().queued_bytes == 0; }));
}

TEST_CASE("what is too long, or finds no room, is dropped, counted and logged") {
    bus_place const at;
    auto o = at.options();
    o.max_message_bytes = 1000;
    o.max_queued_bytes = 1000;
    bus_node const a(o);
    auto const heard = a.hear("x");
    a.say("x", std::string(1000, 'x'));
    CHECK(a.log->wait_for("unix_bus: a message longer than max_message_bytes was dropped"));
    a.say(std::string(70'000, 'x'), "");
    CHECK(a.port->health().dropped == 2);
    // While its only thread is busy, nothing leaves.
    std::promise<void> go_on;
    auto const gate = go_on.get_future().share();
    auto const busy = a.port->after(1ms, [gate] { (void)gate.wait_for(patience); });
    CHECK(eventually([&] {
        a.say("x", std::string(600, 'y'));
        return a.port->health().dropped > 2;
    }));
    go_on.set_value();
    a.say("x", "after");
    CHECK(eventually([&] {
        a.say("x", "after");
        return a.seen->count("x: after") > 0;
    }));
}

#include "stomp/server/bus_packet.hpp"
#include "support/stomp_peer.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::test;

namespace {

/// Nodes in one process.
struct bus_in_memory {
    std::vector<local_sessions*> nodes{};
    bool is_cut = false;

    bus_maker maker();
};

class memory_bus final : public endpoint_bus {
public:
    memory_bus(local_sessions& own, bus_in_memory& among)
        : endpoint_bus(own), own_(own), among_(among) {}

    void init() override { among_.nodes.push_back(&own_); }
    void close() override { std::erase(among_.nodes, &own_); }
    void broadcast(message_ptr packet, audience to, send_flags flags) override {
        endpoint_bus::broadcast(packet, to, flags);
        if (among_.is_cut) return;
        auto const copy = std::make_shared<shared_message>(packet->view());
        for (auto* n : among_.nodes)
            if (n != &own_) n->broadcast(copy, to, flags);
    }

private:
    local_sessions& own_;
    bus_in_memory& among_;
};

bus_maker bus_in_memory::maker() {
    return [this](local_sessions& own) { return std::make_unique<memory_bus>(own, *this); };
}

auto const as_login = [](stomp::connect const& c, stomp::admission in) {
    in.accept({.user = std::string(c.login())});
};

}  // namespace

TEST_CASE("topics and users are those of all nodes, each message once") {
    bus_in_memory bus;
    auto const set_up = [&](stomp::server& s) {
        s.use_bus(bus.maker());
        s.on_connect(as_login);
        s.allow_send("/topic/**");
    };
    stomp_host one(set_up);
    stomp_host two(set_up);
    auto ann = one.connected("login:ann\n");
    auto ann_there = two.connected("login:ann\n", "/sockjs");
    auto bob = two.connected("login:bob\n");
    auto const listen = frame_of("SUBSCRIBE", {"id:t", "destination:/topic/x"}) +
                        frame_of("SUBSCRIBE", {"id:q", "destination:/user/queue/x"});
    for (auto* who : {&ann, &ann_there, &bob}) who->send(listen);
    ann.send(frame_of("SEND", {"destination:/topic/x", "own:1"}, "to all"));
    for (auto* who : {&ann, &ann_there, &bob}) {
        auto const got = who->take_one();
        CHECK(got.body == "to all");
        CHECK(got.header("own") == "1");
    }
    CHECK(two.broker.send_to_user("ann", "/queue/x", 7));
    CHECK(ann.take_one().body == "7");
    CHECK(ann_there.take_one().header("content-type") == "application/json");
    auto const id = two.broker.clients_of("bob").front().id;
    CHECK(one.broker.send_to_client(id, "/queue/x", "to one"));
    CHECK(bob.take_one().body == "to one");
    one.broker.disconnect_user("ann", "away");
    CHECK(ann_there.take_one().header("message") == "away");
    CHECK(ann.take_one().header("message") == "away");
    CHECK(bob.take().empty());
}

TEST_CASE("a queue is that of all nodes, each message for one subscriber") {
    bus_in_memory bus;
    auto const set_up = [&](stomp::server& s) {
        s.use_bus(bus.maker());
        s.allow_send("/queue/**");
    };
    stomp_host one(set_up);
    stomp_host two(set_up);
    auto sender = one.connected();
    auto const send = [&](std::string const& text) {
        sender.send(frame_of("SEND", {"destination:/queue/x", "own:" + text}, text));
        one.host.settle();
    };
    for (auto const* text : {"a", "b", "c"}) send(text);
    auto worker = two.connected({}, "/sockjs");
    worker.send(frame_of("SUBSCRIBE", {"id:q", "destination:/queue/x", "ack:client-individual"}));
    auto all = worker.take();
    REQUIRE(all.size() == 3);
    CHECK(all[0].body == "a");
    CHECK(all[0].header("own") == "a");
    CHECK(all[0].header("destination") == "/queue/x");
    CHECK(all[2].body == "c");
    CHECK(one.broker.numbers().queued_messages == 0);
    send("d");
    CHECK(worker.take_one().body == "d");
    // What it has not acknowledged goes on, to whoever is there.
    auto other = one.connected();
    other.send(frame_of("SUBSCRIBE", {"id:o", "destination:/queue/x"}));
    one.host.settle();
    worker.send(frame_of("ACK", {"id:" + all[1].header("ack")}));
    worker.send(frame_of("UNSUBSCRIBE", {"id:q"}));
    two.host.settle();
    auto const back = other.take();
    REQUIRE(back.size() == 3);
    CHECK(back[0].body == "a");
    CHECK(back[0].header("redelivered") == "true");
    CHECK(back[1].body == "c");
    CHECK(back[2].body == "d");
    CHECK(two.broker.numbers().queued_messages == 0);
}

TEST_CASE("what a bus says of queues is read with care") {
    using kind = stomp::bus_packet::kind;
    bus_in_memory bus;
    stomp_host at([&](stomp::server& s) {
        s.use_bus(bus.maker());
        s.allow_send("/queue/**");
    });
    auto const say = [&](stomp::bus_packet const& p) {
        bus.nodes.front()->broadcast(
            std::make_shared<shared_message>(message_view(encode_packet(p), true)), {}, {});
        at.host.settle();
    };
    auto const of = [](std::string destination) {
        auto m = std::make_shared<stomp::published>();
        m->destination = std::move(destination);
        return m;
    };
    auto client = at.connected();
    client.send(frame_of("SEND", {"destination:/queue/x"}, "kept"));
    at.host.settle();
    for (auto const* text : {"",
                             "\n",
                             "\n\n\n",
                             "\n-1\n/queue/x",
                             "another\n9\n/queue/x",
                             "\n99999999999999999999\n/queue/y",
                             "\n0\n/queue/x\n"})
        say({.what = kind::pull, .whom = "them", .text = text});
    CHECK(at.broker.numbers().queued_messages == 1);
    for (auto const* text : {"", "\n", "/queue/none\n/queue/x", "\n\n/topic/x\n"})
        say({.what = kind::have, .whom = "them", .text = text});
    // For another node, and to what is no queue.
    say({.what = kind::give, .whom = "them", .text = "me\n0\n0\n0\n", .message = of("/queue/x")});
    say({.what = kind::give, .whom = "", .text = "me\n0\n0\n0\n", .message = of("/queue/x")});
    CHECK(at.broker.numbers().queued_messages == 1);
    CHECK(at.broker.numbers().queues == 1);
}

TEST_CASE("who is there is asked of the bus, and answered without one") {
    stomp_host at([](stomp::server& s) { s.on_connect(as_login); });
    auto ann = at.connected("login:ann\n");
    auto nobody = at.connected();
    std::vector<std::string> users;
    std::vector<std::string> ids;
    at.broker.fetch_users([&](error_code, std::vector<std::string> all) { users = all; });
    at.broker.fetch_clients_of("ann", [&](error_code, std::vector<std::string> all) { ids = all; });
    CHECK(users.empty());  // never at once
    at.host.settle();
    CHECK(users == std::vector<std::string>{"ann"});
    CHECK(ids.size() == 1);
    CHECK(ids.front() == at.broker.clients_of("ann").front().id);
}

TEST_CASE("packets between nodes: what is encoded is read again, and nothing else") {
    using stomp::bus_packet;
    auto m = std::make_shared<stomp::published>();
    m->destination = "/topic/x";
    m->what = {std::string("a\0b", 3), "text/x"};
    m->more = {{"name", "value"}, {"", ""}};
    bus_packet const p{.what = bus_packet::kind::user, .whom = "ann", .text = "t", .message = m};
    auto const bytes = encode_packet(p);
    auto const again = stomp::decode_packet(bytes);
    REQUIRE(again);
    CHECK(again->what == p.what);
    CHECK(again->whom == "ann");
    CHECK(again->text == "t");
    CHECK(again->message->destination == m->destination);
    CHECK(again->message->what.body == m->what.body);
    CHECK(again->message->more == m->more);
    for (std::size_t n = 0; n < bytes.size(); ++n)
        CHECK_FALSE(stomp::decode_packet(bytes.substr(0, n)));
    CHECK_FALSE(stomp::decode_packet(bytes + "x"));
    CHECK_FALSE(stomp::decode_packet("\x09"));
    auto huge = bytes;
    huge[1] = huge[2] = huge[3] = huge[4] = '\xff';
    CHECK_FALSE(stomp::decode_packet(huge));
    CHECK_FALSE(stomp::decode_packet(stomp::encode_packet({.what = bus_packet::kind::topic})));
    CHECK_FALSE(stomp::decode_packet(stomp::encode_packet({.what = bus_packet::kind::give})));
    CHECK(stomp::decode_packet(stomp::encode_packet({.what = bus_packet::kind::pull})));
    CHECK(stomp::decode_packet(
        stomp::encode_packet({.what = bus_packet::kind::disconnect, .whom = "a"})));
}

TEST_CASE("a bus is set up once, and before the mount") {
    bus_in_memory bus;
    stomp::server s;
    CHECK_THROWS_AS(s.use_bus({}), std::invalid_argument);
    s.use_bus(bus.maker());
    CHECK_THROWS_AS(s.use_bus(bus.maker()), std::logic_error);
    stomp_host at;
    CHECK_THROWS_AS(at.broker.use_bus(bus.maker()), std::logic_error);
    CHECK_THROWS_AS(stomp_host([](stomp::server& made) {
                        made.use_bus([](local_sessions&) { return nullptr; });
                    }),
                    std::invalid_argument);
    // One that could not be mounted can be, once what was wrong is mended.
    auto fails = true;
    stomp::server again;
    again.use_bus([&](local_sessions& own) {
        if (fails) throw std::runtime_error("no bus");
        return std::make_unique<memory_bus>(own, bus);
    });
    {
        testing::host host;
        CHECK_THROWS_AS(host.mount("/stomp", websocket_options{}, again), std::runtime_error);
    }
    fails = false;
    testing::host host;
    host.mount("/stomp", websocket_options{}, again);
    CHECK(again.send("/topic/x", 1));
}

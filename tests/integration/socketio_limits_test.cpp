// What clients of a Socket.IO server may ask for, and the options that say so.
#include "integration/socketio_client.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
using strings = std::vector<std::string>;

TEST_CASE("a connection that joins nothing is closed in time") {
    sio::options o;
    o.connect_timeout = 100ms;
    socketio_test_server tested(1, {}, o);
    sio_client idle(tested.port());
    sio_client refused(tested.port());
    refused.packet("0/unknown,");
    CHECK(refused.next() == R"(4/unknown,{"message":"Invalid namespace"})");
    sio_client good(tested.port());
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
    socketio_test_server tested(
        1,
        [](sio::server const& io, notes&) {
            io.on("join", [](sio::socket& s, std::string room, sio::ack<bool> done) {
                done(s.join(room));
            });
            for (auto const* name : {"/a", "/b"}) (void)io.of(name);
        },
        o);
    sio_client c(tested.port());
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
        sio_client peer(tested.port());
        (void)peer.join();
        peer.packet(p);
        CHECK(peer.is_closed());
    }
    sio_client big(tested.port());
    (void)big.join();
    big.packet(R"(52-["e",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])");
    big.attachment(std::string(90, 'x'));
    CHECK(big.is_closed());
    sio_client odd(tested.port());
    (void)odd.join();
    odd.attachment("unannounced");
    CHECK(odd.is_closed());
    CHECK(eventually([&] { return tested.io.connection_count() == 1; }));
}

TEST_CASE("what was kept of those who do not come back goes by itself") {
    sio::options o;
    o.recovery.enabled = true;
    o.recovery.max_disconnection = 100ms;
    socketio_test_server tested(
        1,
        [](sio::server const& io, notes& seen) {
            io.on_connection([&seen](sio::socket& s) {
                s.data() = std::shared_ptr<int>(new int(0), [&seen](int const* p) {
                    delete p;
                    seen.add("forgotten");
                });
            });
        },
        o);
    {
        sio_client c(tested.port());
        (void)c.join();
    }
    CHECK(tested.seen.wait_for("disconnect / transport close"));
    CHECK(tested.seen.wait_for("forgotten"));
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

TEST_CASE("a client that asks for more answers than it reads is cut off") {
    sio::options o;
    o.engine.limits.max_queued_bytes = 4096;
    o.engine.limits.overflow = GENERATE(
        overflow_policy::close, overflow_policy::drop_newest, overflow_policy::drop_oldest);
    socketio_test_server tested(1, {}, o);
    raw_client c(tested.port(), {.receive_buffer = 4096});
    REQUIRE(c.upgrade(sio_client::v4).status == 101);
    std::string many;
    for (int n = 0; n < 1000; ++n) many += client_frame(1, "40/" + std::string(200, 'x') + ",");
    for (int n = 0; n < 100 && c.try_send(many); ++n) {
        if (tested.io.connection_count() == 0) break;
    }
    CHECK(eventually([&] { return tested.io.connection_count() == 0; }));
}

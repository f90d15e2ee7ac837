// What clients run on: a thread of its own, or an executor of the program's.

#include <anywire/client_context.hpp>
#include <anywire/executors.hpp>

#include "support/client_bench.hpp"

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include <stdexcept>
#include <thread>
#include <vector>

using namespace anywire;
using namespace anywire::test;

TEST_CASE("a context's own thread runs what is posted, and nothing after its end") {
    std::atomic<int> ran{0};
    {
        client_context c;
        CHECK_FALSE(c.is_here());
        std::promise<bool> here;
        c.post([&] { here.set_value(c.is_here()); });
        CHECK(here.get_future().get());
        c.post([&] { ++ran; });
    }
    CHECK(ran <= 1);
}

TEST_CASE("clients run on one executor of the program's, not on several") {
    boost::asio::io_context io;
    scripted_server server;
    notes seen;
    noting_websocket events(seen);
    {
        client_context c(io.get_executor());
        std::string wrong;
        anywire::client_options o;
        o.network.proxy = "-";
        auto network = client_access::make_network(c, o, wrong);
        REQUIRE(network);
        auto const url = parse_url(server.url("/", "ws")).value();
        auto socket =
            network->open_websocket({.url = &url, .max_message = 100, .timeout = patience}, events);
        auto done = false;
        events.then_message = [&] {
            CHECK(c.is_here());
            socket->ping();
        };
        std::thread peer([&] {
            auto p = server.accept();
            p.accept_websocket(server_frame(1, "here"));
            auto const ping = p.read_frame();
            p.send(server_frame(10, ping.payload));
            (void)p.read_to_end();
        });
        while (!done) {
            io.run_one();
            done = seen.count("alive") != 0;
        }
        socket.reset();
        peer.join();
        network.reset();
    }
    io.run();  // nothing keeps it
    CHECK(seen.count("message here") == 1);
    std::vector<boost::asio::io_context::executor_type> const two{io.get_executor(),
                                                                  io.get_executor()};
    CHECK_THROWS_AS(client_context(executors(two)), std::invalid_argument);
}

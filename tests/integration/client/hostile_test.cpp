// Servers that mean harm: nothing that they send makes a client hold more than its limits, and each
// ends with a reason.

#include "support/client_bench.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
using wire_bench = anywire::test::client_bench;

TEST_CASE("answers without end are cut off at the limits") {
    scripted_server server;
    wire_bench client;
    auto const streamed = GENERATE(false, true);
    client.fetch(server.url(), {.streamed = streamed, .max_body = 10'000});
    auto peer = server.accept();
    (void)peer.read_head();
    constexpr std::size_t most = 256u << 20;
    SECTION("a head") {
        peer.send("HTTP/1.1 200 OK\r\nX: ");
        CHECK(peer.send_endlessly(std::string(4096, 'x'), most) < most);
        CHECK(client.seen.wait_for("failed response 0: "));
    }
    SECTION("fields") {
        peer.send("HTTP/1.1 200 OK\r\n");
        CHECK(peer.send_endlessly("A:\r\n", most) < most);
        CHECK(client.seen.wait_for("failed response 0: "));
    }
    SECTION("interim answers") {
        CHECK(peer.send_endlessly("HTTP/1.1 100 Continue\r\n\r\n", most) < most);
        CHECK(client.seen.wait_for("failed response 0: "));
    }
    SECTION("a body that ends with the connection") {
        peer.send("HTTP/1.1 200 OK\r\n\r\n");
        CHECK(peer.send_endlessly(std::string(4096, 'x'), most) < most);
        CHECK(client.seen.wait_for("failed response 200: "));
    }
    SECTION("a length") {
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10001\r\n\r\n");
        CHECK(client.seen.wait_for("failed response "));
    }
    SECTION("chunks") {
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        CHECK(peer.send_endlessly("3e8\r\n" + std::string(1000, 'x') + "\r\n", most) < most);
        CHECK(client.seen.wait_for("failed response 200: "));
    }
    SECTION("chunk extensions") {
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;");
        CHECK(peer.send_endlessly(std::string(4096, 'x'), most) < most);
        CHECK(client.seen.wait_for("failed response 200: "));
    }
    SECTION("trailers") {
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n");
        CHECK(peer.send_endlessly("T: v\r\n", most) < most);
        CHECK(client.seen.wait_for("failed response 200: "));
    }
}

TEST_CASE("answers that are not HTTP, or contradict themselves, are refused") {
    auto const* const bytes =
        GENERATE("HELLO\r\n\r\n",
                 "HTTP/2.0 200 OK\r\n\r\n",
                 "HTTP/1.1 99 Low\r\n\r\n",
                 "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
                 "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
                 "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
                 "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
                 "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
                 "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx",
                 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                 "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
                 "HTTP/1.1 200 OK\r\nBad Name: x\r\n\r\n");
    scripted_server server;
    wire_bench client;
    client.fetch(server.url());
    auto peer = server.accept();
    (void)peer.read_head();
    peer.send(bytes);
    CHECK(client.seen.wait_for("failed response "));
    CHECK(client.seen.count("end") == 0);
    (void)peer.read_to_end();
}

TEST_CASE("a connection that is reset at any step ends a request with a reason") {
    std::string const all(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    auto const cut = GENERATE(std::size_t{0},
                              std::size_t{1},
                              std::size_t{20},
                              std::size_t{47},
                              std::size_t{48},
                              std::size_t{51},
                              std::size_t{56},
                              std::size_t{59});
    auto const in_order = GENERATE(false, true);
    scripted_server server;
    wire_bench client;
    client.fetch(server.url(), {.streamed = true});
    auto peer = server.accept();
    (void)peer.read_head();
    peer.send(all.substr(0, cut));
    in_order ? peer.close() : peer.reset();
    CHECK(client.seen.wait_for("failed "));
    CHECK(client.seen.count("end") == 0);
}

TEST_CASE("a body shorter than its length, and one that ends with a reset, are not whole") {
    scripted_server server;
    wire_bench client;
    client.fetch(server.url());
    auto peer = server.accept();
    (void)peer.read_head();
    SECTION("shorter") {
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab");
        peer.close();
    }
    SECTION("reset") {
        peer.send("HTTP/1.1 200 OK\r\n\r\nab");
        CHECK(client.seen.wait_for("head 200"));
        peer.reset();
    }
    CHECK(client.seen.wait_for("failed body 200: "));
    CHECK(client.seen.count("body") == 0);
}

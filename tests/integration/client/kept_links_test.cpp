// How long connections wait for their next request, and for which.

#include "support/client_bench.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
using wire_bench = anywire::test::client_bench;

namespace {

std::string ok_answer(std::string_view fields) {
    return "HTTP/1.1 200 OK\r\n" + std::string(fields) + "Content-Length: 0\r\n\r\n";
}

std::size_t kept(wire_bench& client) {
    std::size_t n = 0;
    client.run([&] { n = client.network().links().size(); });
    return n;
}

/// Whether the pool gives out the link that waits, as if it had waited for so long. It is put back.
bool is_given(wire_bench& client,
              std::string const& key,
              std::chrono::milliseconds age,
              bool once) {
    auto is = false;
    client.run([&] {
        auto& loop = client.network().loop();
        auto const now = loop.now();
        loop.set_now(now + to_ticks(age));
        auto* const link = client.network().links().take(key, once);
        loop.set_now(now);
        is = link != nullptr;
        if (link) client.network().links().put(*link);
    });
    return is;
}

}  // namespace

TEST_CASE("a connection is kept a second less than its server says") {
    scripted_server server;
    wire_bench client;
    client.fetch(server.url());
    auto peer = server.accept();
    (void)peer.read_head();
    SECTION("none, where that is nothing") {
        auto const said = GENERATE("Keep-Alive: timeout=1\r\n",
                                   "Keep-Alive: timeout=0\r\n",
                                   "Keep-Alive: max=100, timeout=1\r\n",
                                   "keep-alive: max=5\r\nKeep-Alive: Timeout=1\r\n");
        peer.send(ok_answer(said));
        CHECK(client.seen.wait_for("end"));
        CHECK(kept(client) == 0);
    }
    SECTION("then it ends it itself") {
        peer.send(ok_answer("Keep-Alive: timeout=2, max=10\r\n"));
        CHECK(client.seen.wait_for("end"));
        CHECK(kept(client) == 1);
        CHECK(peer.read_to_end().empty());
    }
    SECTION("what is no number says nothing") {
        auto const said = GENERATE("Keep-Alive: timeout=\r\n",
                                   "Keep-Alive: timeout=1x\r\n",
                                   "Keep-Alive: timeout=-1\r\n",
                                   "Keep-Alive: timeout=99999999999999999999\r\n",
                                   "Keep-Alive: 1\r\n",
                                   "");
        peer.send(ok_answer(said));
        CHECK(client.seen.wait_for("end"));
        CHECK(kept(client) == 1);
    }
}

TEST_CASE("what must not be asked twice takes no connection that has waited for long") {
    scripted_server server;
    wire_bench client;
    client.fetch(server.url());
    auto peer = server.accept();
    (void)peer.read_head();
    peer.send(ok_answer(""));
    REQUIRE(client.seen.wait_for("end"));
    auto const key = server.url("");
    CHECK(is_given(client, key, 3s, true));
    CHECK_FALSE(is_given(client, key, 4s, true));
    CHECK(is_given(client, key, 29s, false));
    CHECK(kept(client) == 1);
}

// A connection that a client has kept, and that its server ends while the next request is on its
// way.

#include "faults/faults.hpp"
#include "support/client_bench.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <optional>
#include <poll.h>
#include <string>
#include <utility>

using namespace anywire;
using namespace anywire::test;
using wire_bench = anywire::test::client_bench;

namespace {

/// A client with a connection that waits for its next request.
struct kept {
    kept() {
        client.fetch(server.url("/1"));
        first.emplace(server.accept());
        (void)first->read_head();
        first->send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        REQUIRE(client.seen.wait_for("end"));
    }
    /// Has this happen after the client has looked whether the connection is alive, and before the
    /// request leaves.
    void meanwhile(std::function<void()> fn) {
        client.run([&] { before_send(std::move(fn)); });
    }

    scripted_server server;
    wire_bench client;
    std::optional<raw_peer> first;
};

bench_request const post{.method = "POST", .body = "x"};

}  // namespace

TEST_CASE("a request that meets the end of a kept connection on its way is asked again, once") {
    kept k;
    k.meanwhile([&] { k.first->close(); });
    SECTION("a POST") {
        k.client.fetch(k.server.url("/2"), post);
    }
    SECTION("one whose answer is given out once") {
        k.client.fetch(k.server.url("/2"), {.is_once = true});
    }
    auto second = k.server.accept();
    CHECK(second.read_head().find(" /2 HTTP/1.1") != std::string::npos);
    second.close();
    CHECK(k.client.seen.wait_for("failed request 0: "));
    CHECK_FALSE(k.server.has_newcomer());
}

TEST_CASE("a request that a kept connection does not take at all is asked again") {
    kept k;
    auto const what = GENERATE(fault::reset, fault::broken_pipe);
    k.client.run([&] { fail_call(1, what); });
    k.client.fetch(k.server.url("/2"), post);
    auto second = k.server.accept();
    CHECK(second.read_head().starts_with("POST /2 "));
    k.client.run([&] { fail_call(0, fault::none); });
}

TEST_CASE("a request that has come to the server is not asked again, however that ends it") {
    kept k;
    k.client.fetch(k.server.url("/2"), post);
    SECTION("unread") {
        pollfd look{k.first->descriptor(), POLLIN, 0};
        REQUIRE(::poll(&look, 1, 10'000) == 1);
        k.first->close();  // with bytes that nobody has read: a reset
    }
    SECTION("half read") {
        (void)k.first->read_exactly(3);
        k.first->reset();
    }
    SECTION("read, and ended in order") {
        (void)k.first->read_head();
        (void)k.first->read_exactly(1);
        k.first->close();
    }
    CHECK(k.client.seen.wait_for("failed request 0: "));
    CHECK_FALSE(k.server.has_newcomer());
}

// Streams as fast as the other side, and what they cost.
#include <anywire/executors.hpp>

#include "integration/gateway/stream_bench.hpp"

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include <malloc.h>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

TEST_CASE("a server that does not read is not sent more than the bound, and then the rest") {
    scripted_server server;
    auto settings = route_to(server);
    settings.limits.max_queued_bytes = 100'000;
    stream_bench route(settings);
    link_bench bench;
    auto& link = bench.open(*route.backend);
    auto peer = server.accept();
    REQUIRE(bench.seen.wait_for("open "));
    std::string const message(9'999, 'x');
    std::size_t sent = 1;
    std::size_t queued = 0;
    while (bench.send(link, message)) ++sent;
    bench.run([&] { queued = link.link->queued_bytes(); });
    CHECK(queued > 0);
    CHECK(queued <= 110'000);
    CHECK(bench.seen.count("drain") == 0);
    CHECK(peer.read_exactly(sent * 10'000).size() == sent * 10'000);
    REQUIRE(bench.seen.wait_for("drain"));
    bench.run([&] { queued = link.link->queued_bytes(); });
    CHECK(queued == 0);
    CHECK(bench.send(link, "more"));
    CHECK(peer.read_until("\n") == "more\n");
}

TEST_CASE("a server that never reads is lost after the stall") {
    scripted_server server;
    auto settings = route_to(server);
    settings.limits.write_stall = 100ms;
    stream_bench route(settings);
    link_bench bench;
    auto& link = bench.open(*route.backend);
    auto peer = server.accept();
    REQUIRE(bench.seen.wait_for("open "));
    std::string const message(100'000, 'x');
    bench.run([&] {
        for (int i = 0; i < 200; ++i) link.link->send(message);
    });
    CHECK(bench.seen.wait_for("end lost 1006 the server does not read"));
}

TEST_CASE("a paused link is not read, and misses nothing, not even a last line and the end") {
    scripted_server server;
    stream_bench route(route_to(server));
    link_bench bench;
    auto& link = bench.open(*route.backend,
                            [](noting_link& l) { l.then_open = [&l] { l.link->pause(true); }; });
    auto peer = server.accept();
    REQUIRE(bench.seen.wait_for("open "));
    peer.send("first\nsecond\nlast");
    peer.close();
    // One message for each resume.
    bench.run([&] { link.then_message = [&link] { link.link->pause(true); }; });
    for (std::size_t i = 1; i <= 3; ++i) {
        CHECK(bench.seen.count("message ") == i - 1);
        bench.pause(link, false);
        REQUIRE(bench.seen.wait_for("message ", i));
    }
    CHECK(bench.seen.count("message last") == 1);
    CHECK(bench.seen.count("end ") == 0);
    bench.pause(link, false);
    CHECK(bench.seen.wait_for("end clean 1000 "));
    CHECK(bench.seen.count("message ") == 3);
}

TEST_CASE("while a link is paused, its server feels it") {
    scripted_server server;
    stream_bench route(route_to(server));
    link_bench bench;
    auto& link = bench.open(*route.backend, [](noting_link& l) {
        l.is_quiet = true;
        l.then_open = [&l] { l.link->pause(true); };
    });
    auto peer = server.accept();
    REQUIRE(bench.seen.wait_for("open "));
    std::string const line = std::string(999, 'x') + '\n';
    std::string bytes;
    for (int i = 0; i < 64; ++i) bytes += line;
    std::size_t sent = 0;
    for (;;) {
        auto const n = ::send(peer.descriptor(), bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (n < 0) break;
        sent += static_cast<std::size_t>(n);
        REQUIRE(sent < 100'000'000);
    }
    CHECK(link.bytes == 0);
    bench.pause(link, false);
    CHECK(eventually([&] { return link.messages == sent / 1'000; }));
}

TEST_CASE("many lines in one read are told in turns, all of them") {
    scripted_server server;
    stream_bench route(route_to(server));
    link_bench bench;
    auto& link = bench.open(*route.backend, [](noting_link& l) { l.is_quiet = true; });
    auto peer = server.accept();
    peer.send(std::string(100'000, '\n'));
    peer.close();
    REQUIRE(bench.seen.wait_for("end clean 1000 "));
    CHECK(link.messages == 100'000);
}

// A sanitizer's allocator counts by itself.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("an idle link costs less than 1.5 KB") {
    constexpr std::size_t count = 100;
    scripted_server server(256);
    stream_bench route(route_to(server));
    boost::asio::io_context io;
    client_context context(io.get_executor());
    gateway::shard_place here{.clients = &context};
    notes seen;
    auto const from = kept_request("/");
    std::vector<std::unique_ptr<noting_link>> links;
    std::vector<raw_peer> peers;
    for (std::size_t i = 0; i < 2 * count; ++i)
        links.push_back(std::make_unique<noting_link>(seen));
    peers.reserve(2 * count);
    std::size_t opened = 0;
    for (auto& l : links) {
        l->then_open = [&opened] { ++opened; };
        l->is_quiet = true;
    }
    auto const open_until = [&](std::size_t n) {
        for (auto i = opened; i < n; ++i)
            links[i]->link = route.backend->open(here, {.request = from}, *links[i]);
        while (opened < n) io.run_one();
        while (peers.size() < n) {
            peers.push_back(server.accept());
            peers.back().send("hello\n");
            auto& l = *links[peers.size() - 1];
            l.link->send("hello");
            while (l.messages == 0) io.run_one();
            CHECK(peers.back().read_until("\n") == "hello\n");
        }
    };
    open_until(count);  // with all that is there once
    auto const before = ::mallinfo2().uordblks;
    open_until(2 * count);
    auto const each = (::mallinfo2().uordblks - before) / count;
    CAPTURE(each);
    CHECK(each < 1'500);
    links.clear();
}
#endif

// Numbers are read and packets traced from other threads while every shard counts; meant for
// ThreadSanitizer.

#include <anywire/server.hpp>

#include "support/raw_client.hpp"
#include "support/running_server.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

using namespace anywire;
using namespace anywire::test;

namespace {

std::uint64_t opened(service_numbers const& n) {
    std::uint64_t all = 0;
    for (auto const& m : n.mounts) all += m.opened;
    return all;
}

}  // namespace

TEST_CASE(
    "any thread reads numbers while clients come and go, and what counts up never goes down") {
    constexpr int clients = 20;
    running_server server(on_free_port(4), [](anywire::server& at) {
        at.mount("/ws", websocket_options{}, echo());
        at.mount("/echo", sockjs_options{}, echo());
        at.mount_metrics("/metrics");
    });
    std::atomic<bool> done{false};
    std::atomic<std::size_t> lines{0};
    std::atomic<int> went_down{0};
    std::vector<std::thread> readers;
    for (int i = 0; i < 2; ++i)
        readers.emplace_back([&] {
            service_numbers before = server->snapshot();
            while (!done) {
                auto now = server->snapshot();
                if (opened(now) < opened(before) || now.requests < before.requests) ++went_down;
                before = std::move(now);
            }
        });
    readers.emplace_back([&] {
        while (!done) {
            auto const t = server->trace({.address = "127.0.0.1", .max_packets = 50},
                                         [&](std::string_view) { ++lines; });
            raw_client scraper(server.port());
            (void)scraper.get("/metrics");
            t.stop();
        }
    });
    std::vector<std::thread> living;
    for (int t = 0; t < 3; ++t)
        living.emplace_back([&, t] {
            for (int i = 0; i < clients; ++i) {
                raw_client c(server.port());
                auto const name = std::to_string(t) + "x" + std::to_string(i);
                auto const path = i % 2 ? "/ws" : "/echo/000/" + name + "/websocket";
                if (c.upgrade(path).status != 101) continue;
                c.send_text("[\"x\"]");
                (void)c.read_message();
            }
        });
    for (auto& t : living) t.join();
    done = true;
    for (auto& t : readers) t.join();
    CHECK(went_down == 0);
    CHECK(opened(server->snapshot()) == 3 * clients);
    CHECK(lines > 0);
}

// What is mounted is changed by several threads at once, while others use it: for ThreadSanitizer.

#include <anywire/server.hpp>

#include "support/raw_client.hpp"
#include "support/running_server.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <future>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

TEST_CASE("mounts, endpoints, numbers and limits on many threads at once") {
    constexpr int changes = 40;
    running_server s(on_free_port(4), [](server& at) {
        at.mount("/live", websocket_options{}, echo());
        at.mount("/live", sockjs_options{.disconnect_delay = 50ms}, echo());
    });
    std::atomic<bool> stop{false};
    std::vector<std::future<void>> users;
    auto const keep = [&](auto use) {
        users.push_back(std::async(std::launch::async, [&stop, use] {
            do use();
            while (!stop);
        }));
    };
    keep([&] {
        raw_client c(s.port());
        if (c.upgrade("/live").status != 101) return;
        c.send_text("a");
        (void)c.read_message();
    });
    std::atomic<int> names{0};
    keep([&] {
        auto const path = "/live/0/s" + std::to_string(++names);
        (void)raw_client(s.port()).post(path + "/xhr");
        (void)raw_client(s.port()).post(path + "/xhr_send", R"(["b"])");
        (void)raw_client(s.port()).post(path + "/xhr");
    });
    keep([&] { (void)s->snapshot(); });
    keep([&] {
        (void)s->owns("/live/0/a/xhr");
        (void)s->max_body("/live");
        (void)s->shard_of("/live/0/a/xhr");
    });

    auto const change = [&](auto options) {
        return std::async(std::launch::async, [&s, options] {
            endpoint last;
            for (int i = 0; i < changes; ++i) {
                auto const now = i % 4 == 3 ? s->remount("/live", options, last)
                                            : s->remount("/live", options, echo());
                if (i != 0) (void)last.broadcast("to the old");
                (void)now.broadcast("to the new");
                last = now;
                (void)last.session_count();
                s->set_limits({.max_sessions_per_address = i % 2 == 0 ? 0u : 1'000u});
                std::promise<void> done;
                s->when_changed([&] { done.set_value(); });
                done.get_future().wait();
            }
        });
    };
    auto one = change(websocket_options{});
    auto other = change(sockjs_options{.disconnect_delay = 50ms});
    one.get();
    other.get();
    stop = true;
    for (auto& u : users) u.get();
    CHECK(s->snapshot().mounts.size() == 2);
}

// What is mounted changes while it is served, without sockets and in time that is told.

#include <anywire/socketio.hpp>
#include <anywire/test.hpp>

#include "support/pending_decisions.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace anywire;
using namespace std::chrono_literals;
using strings = std::vector<std::string>;
using enum testing::dialect;

namespace {

/// Handlers that answer with their name, and say whether they are still there.
struct generation {
    explicit generation(std::string name) : life(std::make_shared<std::string>(std::move(name))) {}
    handlers app() {
        return {.on_message = [own = std::exchange(life, nullptr)](session& s, message_view m) {
            (void)s.send(*own + " " + std::string(m.data));
        }};
    }

    std::shared_ptr<std::string> life;
};

handlers saying(std::string name) {
    return generation(std::move(name)).app();
}

std::string answer_of(testing::client& c) {
    c.send("x");
    auto const got = c.take();
    return got.empty() ? "" : got.back();
}

mount_numbers of(service const& host, std::string_view dialect) {
    for (auto& m : host.snapshot().mounts)
        if (m.dialect == dialect) return m;
    throw std::logic_error("no such mount");
}

std::string sid_of(std::string const& open) {
    auto const at = open.find("\"sid\":\"") + 7;
    return open.substr(at, open.find('"', at) - at);
}

}  // namespace

TEST_CASE("sessions keep the mount that they came to") {
    testing::host host;
    host.mount("/live", websocket_options{}, saying("ws1"));
    host.mount("/live", sockjs_options{}, saying("js1"));
    host.mount("/live", engineio_options{}, saying("eio1"));
    auto ws = host.connect("/live", websocket);
    auto js = host.connect("/live", sockjs);
    CHECK(host.post("/live/0/poll/xhr", "").body() == "o\n");
    std::string const polling = "/live/?EIO=4&transport=polling";
    auto const own = polling + "&sid=" + sid_of(host.get(polling).body());

    host.remount("/live/", sockjs_options{.xhr_polling = false}, saying("js2"));
    host.remount("/live", websocket_options{}, saying("ws2"));
    host.settle();
    host.remount("/live", engineio_options{.polling = false}, saying("eio2"));
    host.settle();

    CHECK(answer_of(ws) == "ws1 x");
    CHECK(answer_of(js) == "js1 x");
    CHECK(host.post("/live/0/poll/xhr_send", R"(["a"])").status() == 204);
    CHECK(host.post("/live/0/poll/xhr", "").body() == "a[\"js1 a\"]\n");
    CHECK(host.post(own, "4b").body() == "ok");
    CHECK(host.get(own).body() == "4eio1 b");

    auto new_ws = host.connect("/live", websocket);
    auto new_js = host.connect("/live", sockjs);
    auto new_eio = host.connect("/live/", engineio);
    CHECK(answer_of(new_ws) == "ws2 x");
    CHECK(answer_of(new_js) == "js2 x");
    CHECK(answer_of(new_eio) == "eio2 x");
    CHECK(host.post("/live/0/new/xhr", "").status() == 404);
    CHECK(host.get(polling).status() == 400);
}

TEST_CASE("a mount goes with its last session, and not before") {
    testing::host host;
    generation old("old");
    std::weak_ptr<std::string> const life = old.life;
    host.mount("/live", websocket_options{}, old.app());
    auto c = host.connect("/live", websocket);
    host.remount("/live", websocket_options{}, saying("new"));
    host.advance(10s);
    CHECK(answer_of(c) == "old x");
    CHECK_FALSE(life.expired());
    c.close();
    host.advance(1s);
    CHECK(life.expired());
}

TEST_CASE("a hundred mounts, one after the other, leave nothing") {
    testing::host host;
    auto all = host.mount("/live", sockjs_options{}, saying("0"));
    std::vector<std::weak_ptr<std::string>> lives;
    std::uint64_t opened = 0;
    for (int i = 1; i <= 100; ++i) {
        auto c = host.connect("/live", sockjs);
        CHECK(host.post("/live/0/poll" + std::to_string(i) + "/xhr", "").body() == "o\n");
        generation next(std::to_string(i));
        lives.emplace_back(next.life);
        all = host.remount("/live", sockjs_options{}, next.app());
        host.settle();
        CHECK(answer_of(c) == std::to_string(i - 1) + " x");
        CHECK(of(host, "sockjs").opened == opened + 2);
        CHECK(of(host, "sockjs").sessions >= 2);
        opened = of(host, "sockjs").opened;
        c.cut();
    }
    host.advance(30s);  // polling sessions without polls end, too
    CHECK(of(host, "sockjs").sessions == 0);
    CHECK(host.snapshot().mounts.size() == 1);
    CHECK(host.snapshot().shards.front().sessions == 0);
    for (std::size_t i = 0; i < lives.size(); ++i) CHECK(lives[i].expired() == (i != 99));
}

TEST_CASE("an endpoint stays with its sessions, or takes the new ones in") {
    testing::host host;
    auto const first = host.mount("/live", websocket_options{}, saying("1"));
    auto a = host.connect("/live", websocket);
    auto const second = host.remount("/live", websocket_options{}, saying("2"));
    host.settle();
    auto b = host.connect("/live", websocket);
    CHECK_FALSE(first == second);
    CHECK(first.session_count() == 1);
    CHECK(second.session_count() == 1);
    (void)first.broadcast("to the first");
    (void)second.broadcast("to the second");
    host.settle();
    CHECK(a.take() == strings{"to the first"});
    CHECK(b.take() == strings{"to the second"});

    auto const same = host.remount("/live", websocket_options{}, second);
    host.settle();
    CHECK(same == second);
    auto c = host.connect("/live", websocket);
    CHECK(answer_of(c) == "2 x");
    (void)same.broadcast("to both");
    host.settle();
    CHECK(b.take() == strings{"to both"});
    CHECK(c.take() == strings{"to both"});
    CHECK(same.session_count() == 2);
    CHECK(same.opened_count() == 2);
    a.close();
    host.advance(1s);
    CHECK(first.session_count() == 0);
    (void)first.broadcast("to nobody");
    CHECK_THROWS_WITH(host.mount("/more", websocket_options{}, first),
                      "mount '/more': the endpoint to share is mounted nowhere any more");
}

TEST_CASE("text only is what an endpoint carries for as long as one of its mounts is SockJS") {
    testing::host host;
    auto const all = host.mount("/live", websocket_options{}, saying("all"));
    host.mount("/live", sockjs_options{}, all);
    auto const bytes = message_view(std::string_view("\xff"), true);
    CHECK_FALSE(all.broadcast(bytes));
    host.remount("/live", sockjs_options{}, saying("alone"));
    host.advance(1s);
    CHECK_FALSE(all.broadcast(bytes));  // nobody has asked for anything yet
    (void)host.get("/live");
    host.advance(1s);
    CHECK(all.broadcast(bytes));
}

TEST_CASE("what is unmounted lets nobody in, and keeps whom it has") {
    testing::host host;
    auto const ws = host.mount("/live", websocket_options{}, saying("ws"));
    auto const js = host.mount("/live", sockjs_options{}, saying("js"));
    host.mount_health("/health");
    auto a = host.connect("/live", websocket);
    CHECK(host.post("/live/0/poll/xhr", "").body() == "o\n");
    host.unmount("/live", ws);
    host.settle();
    CHECK_FALSE(host.connect("/live", websocket).is_open());
    CHECK(host.get("/live/info").status() == 200);
    host.unmount("/live");
    host.unmount("/health/");
    host.settle();
    CHECK(host.get("/live/info").status() == 404);
    CHECK(host.get("/health").status() == 404);
    CHECK(host.post("/live/0/other/xhr", "").status() == 404);
    CHECK(host.owns("/live/0/poll/xhr_send"));
    CHECK_FALSE(host.owns("/live/info"));
    CHECK(host.max_body("/live/0/poll/xhr_send") == 1'000'000);
    CHECK(answer_of(a) == "ws x");
    CHECK(host.post("/live/0/poll/xhr_send", R"(["a"])").status() == 204);
    CHECK(host.post("/live/0/poll/xhr", "").body() == "a[\"js a\"]\n");

    // Others may have the path meanwhile.
    host.mount("/live", engineio_options{}, saying("eio"));
    host.settle();
    auto c = host.connect("/live/", engineio);
    CHECK(answer_of(c) == "eio x");
    CHECK(host.post("/live/0/poll/xhr_send", R"(["b"])").status() == 204);

    CHECK_THROWS_WITH(host.unmount("/health"), "unmount '/health': nothing is mounted there");
    CHECK_THROWS_WITH(host.unmount("/live", js),
                      "unmount '/live': nothing is mounted there for that endpoint");
    CHECK_THROWS_AS(host.unmount("/live", endpoint{}), std::invalid_argument);
    CHECK_THROWS_AS(host.unmount("live"), std::invalid_argument);
}

TEST_CASE("files, routes and a fallback come while requests are served, and files go") {
    testing::host host;
    CHECK(host.get("/").status() == 404);
    host.serve_files("/files", "/");
    host.route("GET", "/r/:x", [](route_request const&) { return http_answer{}; });
    host.fallback([](route_request const&) { return http_answer{.status = 202}; });
    host.settle();
    CHECK(host.get("/r/1").status() == 200);
    CHECK(host.get("/elsewhere").status() == 202);
    CHECK(host.get("/files/no-such-file").status() == 404);
    host.unmount("/files");
    host.settle();
    CHECK(host.get("/files/no-such-file").status() == 202);
}

TEST_CASE("who waits for authorize comes to the mount that was asked") {
    testing::host host;
    test::pending_decisions asked;
    auto app = saying("old");
    app.authorize = [&](request const&, decision d) { asked.put(std::move(d)); };
    host.mount("/live", sockjs_options{}, app);
    auto waiting = host.post("/live/0/a/xhr", "");
    host.remount("/live", sockjs_options{}, saying("new"));
    host.advance(1s);
    // It is not opened twice.
    auto const second = host.post("/live/0/a/xhr", "");
    CHECK(second.is_complete());
    CHECK(second.body() != "o\n");
    asked.take().accept();
    host.settle();
    CHECK(waiting.body() == "o\n");
    CHECK(host.post("/live/0/a/xhr_send", R"(["x"])").status() == 204);
    CHECK(host.post("/live/0/a/xhr", "").body() == "a[\"old x\"]\n");
}

TEST_CASE("a decision that is never taken keeps its mount no longer than its client") {
    testing::host host;
    test::pending_decisions asked;
    generation old("old");
    std::weak_ptr<std::string> const life = old.life;
    auto app = old.app();
    app.authorize = [&](request const&, decision d) { asked.put(std::move(d)); };
    host.mount(
        "/live", websocket_options{.limits = {.authorize_timeout = 5s}}, std::exchange(app, {}));
    auto const waiting = host.connect("/live", websocket);
    host.remount("/live", websocket_options{}, saying("new"));
    host.advance(1s);
    CHECK_FALSE(life.expired());
    host.advance(5s);
    CHECK(life.expired());
    asked.take().accept();
    host.settle();
    CHECK(waiting.refused_with() == 503);
}

TEST_CASE("the bound of a path counts the sessions of the mounts before") {
    testing::host host;
    host.mount("/live", websocket_options{}, saying("old"));
    auto a = host.connect("/live", websocket);
    auto b = host.connect("/live", websocket);
    host.remount("/live", websocket_options{.limits = {.max_sessions = 2}}, saying("new"));
    host.settle();
    CHECK(host.connect("/live", websocket).refused_with() == 503);
    a.close();
    auto c = host.connect("/live", websocket);
    CHECK(answer_of(c) == "new x");
}

TEST_CASE("what was set up may be set up otherwise before the first request") {
    testing::host host;
    generation old("old");
    std::weak_ptr<std::string> const life = old.life;
    host.mount("/live", websocket_options{}, old.app());
    host.remount("/live", websocket_options{}, saying("new"));
    host.mount("/other", websocket_options{}, saying("other"));
    host.unmount("/other");
    auto c = host.connect("/live", websocket);
    CHECK(answer_of(c) == "new x");
    CHECK(host.connect("/other", websocket).refused_with() == 404);
    host.advance(1s);
    CHECK(life.expired());
}

TEST_CASE("a mount that is refused leaves what was there") {
    testing::host host;
    host.mount("/live", websocket_options{}, saying("old"));
    (void)host.get("/");
    CHECK_THROWS_AS(host.remount("/live", websocket_options{.ping_interval = -1s}, saying("bad")),
                    std::invalid_argument);
    CHECK_THROWS_AS(host.mount("/live", websocket_options{}, saying("bad")), std::invalid_argument);
    host.settle();
    auto c = host.connect("/live", websocket);
    CHECK(answer_of(c) == "old x");
}

TEST_CASE("a socketio::server stays where it is mounted") {
    testing::host host;
    socketio::server const io;
    host.mount("/socket.io/", io);
    CHECK_THROWS_WITH(host.remount("/socket.io", engineio_options{}, saying("no")),
                      "remount '/socket.io': a socketio::server stays where it is mounted");
    CHECK_THROWS_WITH(host.unmount("/socket.io"),
                      "unmount '/socket.io': a socketio::server stays where it is mounted");
    host.remount("/socket.io", websocket_options{}, saying("beside"));
    (void)host.get("/");
    auto c = host.connect("/socket.io", websocket);
    CHECK(answer_of(c) == "beside x");
}

TEST_CASE("limits change for whoever comes next") {
    testing::host host;
    host.mount("/live", websocket_options{}, saying("live"));
    auto a = host.connect("/live", websocket);
    auto b = host.connect("/live", websocket);
    auto const open = [&] {
        auto c = host.connect("/live", websocket);
        auto const status = c.refused_with();
        if (c.is_open()) c.close();
        return status;
    };
    auto const limit = [&](server_limits const& l) {
        host.set_limits(l);
        host.settle();
    };
    limit({.max_sessions = 2});
    CHECK(open() == 503);
    // Who is there already is counted, also after it was not for a time.
    limit({.max_sessions_per_address = 2});
    CHECK(open() == 429);
    limit({.max_sessions_per_address = 3});
    CHECK(open() == 0);
    limit({});
    auto c = host.connect("/live", websocket);
    limit({.max_sessions_per_address = 3});
    CHECK(open() == 429);
    c.close();
    CHECK(open() == 0);
    limit({.max_handshakes_per_second = 1, .handshake_burst = 0ms});
    auto tries = 0;
    while (tries < 1'000 && open() != 503) ++tries;
    CHECK(tries < 1'000);
    limit({});
    CHECK(open() == 0);
    CHECK(answer_of(a) == "live x");
    CHECK_THROWS_AS(host.set_limits({.header = 1}), std::invalid_argument);
    CHECK_THROWS_AS(host.set_limits({.keep_alive = 0s}), std::invalid_argument);
}

TEST_CASE("what was changed is told once it is in force") {
    testing::host host;
    auto told = 0;
    host.mount("/a", websocket_options{}, saying("a"));
    host.when_changed([&] { ++told; });
    CHECK(told == 1);  // before the first request all is in force at once
    (void)host.get("/");
    host.mount("/b", websocket_options{}, saying("b"));
    host.when_changed([&] { told += host.connect("/b", websocket).is_open() ? 10 : 100; });
    CHECK(told == 1);
    host.settle();
    CHECK(told == 11);
    CHECK_THROWS_AS(host.when_changed({}), std::invalid_argument);
}

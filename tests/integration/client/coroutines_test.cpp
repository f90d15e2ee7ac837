// Coroutines that use a client, against our own server.

#include <anywire/client_coro.hpp>
#include <anywire/server.hpp>

#include "support/running_server.hpp"
#include "support/scripted_server.hpp"

#include <catch2/catch.hpp>

#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

namespace {

/// Echoes, over each dialect; "bye" ends the session.
struct echo_of_each_dialect {
    echo_of_each_dialect()
        : server(on_free_port(), [&](anywire::server& s) {
              auto h = noting_echo(seen);
              h.on_message = [](session& from, message_view m) {
                  if (m.data == "bye") return from.close();
                  (void)from.send(m);
              };
              s.mount("/ws", websocket_options{}, h);
              s.mount("/sockjs", sockjs_options{}, h);
              s.mount("/engine.io", engineio_options{}, h);
          }) {}
    anywire::client_options options(client_dialect dialect = client_dialect::websocket,
                                    std::vector<std::string> transports = {}) {
        auto const* const path = dialect == client_dialect::websocket ? "/ws"
                                 : dialect == client_dialect::sockjs  ? "/sockjs"
                                                                      : "/engine.io/";
        return {.url = server->url() + path,
                .dialect = dialect,
                .transports = std::move(transports),
                .reconnect = {.delay = 10ms, .delay_max = 50ms},
                .network = {.proxy = "-"}};
    }

    notes seen{};
    running_server server;
};

/// How many there are: each a local of a coroutine.
struct counted {
    explicit counted(std::atomic<int>& of) : count(of) { ++count; }
    counted(counted const&) = delete;
    counted& operator=(counted const&) = delete;
    ~counted() { --count; }
    std::atomic<int>& count;
};

void finish(std::future<void> f) {
    REQUIRE(f.wait_for(patience) == std::future_status::ready);
    f.get();
}

/// Runs what was posted to the context before.
void settle(client_context& context) {
    std::promise<void> done;
    context.post([&] { done.set_value(); });
    finish(done.get_future());
}

}  // namespace

TEST_CASE("a coroutine connects, talks and closes, over each transport") {
    echo_of_each_dialect server;
    client_context context;
    using enum client_dialect;
    for (auto const& o : {server.options(),
                          server.options(sockjs),
                          server.options(sockjs, {"xhr-streaming"}),
                          server.options(sockjs, {"xhr-polling"}),
                          server.options(engineio),
                          server.options(engineio, {"polling"})}) {
        INFO(o.url << ' ' << (o.transports.empty() ? "" : o.transports.front()));
        notes seen;
        client c(context, o);
        finish(c.start([&](client& self) -> task<> {
            auto const open = co_await self.async_connect();
            seen.add(open ? "open" : open.error().text);
            for (int i = 0; i < 100; ++i) (void)self.send(std::to_string(i));
            for (int i = 0; i < 100; ++i) {
                auto const m = co_await self.async_receive();
                if (!m || m->data != std::to_string(i)) seen.add("wrong");
            }
            co_await self.async_close();
            seen.add(self.is_open() ? "still open" : "closed");
        }));
        CHECK(seen.all() == std::vector<std::string>{"open", "closed"});
    }
}

TEST_CASE("a coroutine lives through sessions, and hears of each end once") {
    echo_of_each_dialect server;
    client_context context;
    notes seen;
    client c(context, server.options());
    finish(c.start([&](client& self) -> task<> {
        for (int i = 0; i < 3; ++i) {
            auto const open = co_await self.async_connect();
            if (!open) co_return seen.add(open.error().text);
            (void)self.send("a");
            (void)self.send("bye");
            while (auto const m = co_await self.async_receive()) seen.add(m->data);
        }
    }));
    CHECK(seen.all() == std::vector<std::string>{"a", "a", "a"});
    CHECK(server.seen.wait_for("open", 3));
}

TEST_CASE("a coroutine hears why there is no session, attempt for attempt") {
    client_context context;
    notes seen;
    client c(context,
             {.url = "ws://127.0.0.1:1",
              .reconnect = {.delay = 10ms, .delay_max = 10ms},
              .network = {.proxy = "-"}});
    finish(c.start([&](client& self) -> task<> {
        for (int i = 0; i < 3; ++i) {
            auto const open = co_await self.async_connect();
            seen.add(open ? "open" : std::string(to_string(open.error().stage)));
            try {
                open.value();
            } catch (boost::system::system_error const& e) {
                seen.add(e.code() == open.error().error ? "thrown" : "another");
            }
        }
    }));
    CHECK(seen.all() ==
          std::vector<std::string>{"connect", "thrown", "connect", "thrown", "connect", "thrown"});
}

TEST_CASE("closing ends what a coroutine awaits") {
    scripted_server silent;  // takes connections, says nothing
    echo_of_each_dialect server;
    client_context context;
    notes seen;
    client opening(context, {.url = silent.url(), .network = {.proxy = "-"}});
    auto first = opening.start([&](client& self) -> task<> {
        seen.add("connecting");
        auto const open = co_await self.async_connect();
        seen.add(open.error().error == errc::session_closed ? "closed" : open.error().text);
    });
    auto const peer = silent.accept();
    opening.close();
    finish(std::move(first));
    client receiving(context, server.options());
    auto second = receiving.start([&](client& self) -> task<> {
        co_await self.async_connect();
        seen.add("receiving");
        auto const m = co_await self.async_receive();
        seen.add(m.error() == errc::session_closed ? "closed" : m.error().message());
    });
    REQUIRE(seen.wait_for("receiving"));
    receiving.close();
    finish(std::move(second));
    CHECK(seen.all() == std::vector<std::string>{"connecting", "closed", "receiving", "closed"});
}

TEST_CASE("a coroutine goes with its client, wherever it waits") {
    scripted_server silent;
    echo_of_each_dialect server;
    client_context context;
    std::atomic<int> live{0};
    bool goes_on_after = false;
    for (auto const where : {"connect", "receive", "wait", "callback"}) {
        INFO(where);
        notes seen;
        std::function<void()> done;
        auto o = server.options();
        if (std::string(where) == "connect") o.url = silent.url();
        auto c = std::make_unique<client>(context, o);
        auto ended = c->start([&, where = std::string(where)](client& self) -> task<> {
            counted const local(live);
            auto const begin = [&](auto ends) { done = ends; };
            seen.add("waits");
            if (where != "connect") co_await self.async_connect();
            if (where == "connect") co_await self.async_connect();
            seen.add("is there");
            if (where == "receive") co_await self.async_receive();
            if (where == "wait") co_await self.async_wait(1h);
            if (where == "callback") co_await from_callback<void>(begin);
            goes_on_after = true;
        });
        REQUIRE(seen.wait_for(std::string(where) == "connect" ? "waits" : "is there"));
        settle(context);
        c.reset();
        done = nullptr;
        CHECK(ended.wait_for(patience) == std::future_status::ready);
        CHECK_THROWS_AS(ended.get(), std::future_error);
        settle(context);
        CHECK(live == 0);
    }
    CHECK_FALSE(goes_on_after);
}

TEST_CASE("what a coroutine throws is in its future, and costs the session") {
    echo_of_each_dialect server;
    client_context context;
    notes seen;
    client c(context, server.options(), {.on_close = [&](client&, close_event const& how) {
                 seen.add(std::string(to_string(how.reason)));
             }});
    auto ended = c.start([](client& self) -> task<> {
        co_await self.async_connect();
        throw std::runtime_error("mine");
    });
    CHECK_THROWS_WITH(finish(std::move(ended)), "mine");
    CHECK(seen.wait_for("handler_failed"));
}

TEST_CASE("a handler of a client may be a coroutine") {
    echo_of_each_dialect server;
    client_context context;
    notes seen;
    client c(context,
             server.options(),
             {.on_open = [&](client& self) -> task<> {
                  auto const begin = [](auto done) { std::thread([done] { done(7); }).detach(); };
                  auto const n = co_await from_callback<int>(begin);
                  seen.add(context.is_here() ? "at home" : "abroad");
                  co_await self.async_wait(25ms);
                  (void)self.send(std::to_string(n));
              },
              .on_message = [&](client& self, message_view m) -> task<> {
                  co_await self.async_wait(25ms);
                  seen.add(std::string(m.data));
              }});
    c.connect();
    CHECK(seen.wait_for("7"));
    CHECK(seen.count("at home") == 1);
}

TEST_CASE("messages are handled or awaited, not both") {
    echo_of_each_dialect server;
    client_context context;
    notes seen;
    client c(context, server.options(), {.on_message = [&](client&, message_view m) {
                 seen.add(std::string(m.data));
             }});
    finish(c.start([&](client& self) -> task<> {
        co_await self.async_connect();
        (void)self.send("handled");
        auto const m = co_await self.async_receive();
        if (m.error() == boost::system::errc::operation_not_supported) seen.add("refused");
    }));
    CHECK(seen.wait_for("handled"));
    CHECK(seen.count("refused") == 1);
}

TEST_CASE("a server's coroutine may ask another server by a client") {
    echo_of_each_dialect back;
    client_context context;
    client onwards(context, back.options());
    notes seen;
    running_server front(on_free_port(), [&](anywire::server& s) {
        s.mount("/ask", websocket_options{}, conversation([&](session& from) -> task<> {
                    auto const open = co_await onwards.async_connect();
                    while (auto const m = co_await from.async_receive()) {
                        (void)onwards.send(*m);
                        auto const answer = co_await onwards.async_receive();
                        (void)from.send(answer ? "they say " + answer->data : "nothing");
                    }
                }));
    });
    client c(context, {.url = front->url() + "/ask", .network = {.proxy = "-"}});
    finish(c.start([&](client& self) -> task<> {
        co_await self.async_connect();
        (void)self.send("what?");
        auto const m = co_await self.async_receive();
        seen.add(m ? m->data : "nothing");
    }));
    CHECK(seen.all() == std::vector<std::string>{"they say what?"});
}

// A client with the completion tokens of Asio.

#include <anywire/client_asio.hpp>
#include <anywire/server.hpp>

#include "support/running_server.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <catch2/catch.hpp>

#include <future>
#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

struct echo_at_ws {
    echo_at_ws()
        : server(on_free_port(),
                 [](anywire::server& s) { s.mount("/ws", websocket_options{}, echo()); }) {}
    anywire::client_options options() {
        return {.url = server->url() + "/ws", .network = {.proxy = "-"}};
    }
    running_server server;
};

asio::awaitable<void> talk(client& c, std::vector<std::string>& seen) {
    auto const open = co_await c.async_connect(asio::use_awaitable);
    seen.push_back(open ? "open" : open.error().text);
    for (auto const* const text : {"a", "b", "c"}) (void)c.send(text);
    for (int i = 0; i < 3; ++i) {
        auto const m = co_await c.async_receive(asio::use_awaitable);
        seen.push_back(m ? m->data : m.error().message());
    }
    co_await c.async_close(close_code::normal, {}, asio::use_awaitable);
    seen.push_back("closed");
}

std::vector<std::string> const all_of_it{"open", "a", "b", "c", "closed"};

}  // namespace

TEST_CASE("a coroutine of Asio uses a client on its executor") {
    echo_at_ws server;
    asio::io_context loop;
    client_context context{executors(loop.get_executor())};
    std::vector<std::string> seen;
    client c(context, server.options());
    asio::co_spawn(loop, talk(c, seen), [&](std::exception_ptr) { loop.stop(); });
    loop.run_for(patience);
    CHECK(seen == all_of_it);
}

TEST_CASE("a coroutine of Asio goes on on its own executor, wherever its client runs") {
    echo_at_ws server;
    client_context context;  // a thread of its own
    asio::io_context loop;
    std::vector<std::string> seen;
    client c(context, server.options());
    asio::co_spawn(loop, talk(c, seen), asio::detached);
    loop.run_for(patience);  // ends by itself: what is awaited counts as work
    CHECK(seen == all_of_it);
}

TEST_CASE("a function is a token, too, and is called where the client runs") {
    echo_at_ws server;
    client_context context;
    client c(context, server.options());
    std::promise<std::string> heard;
    c.async_connect([&](client_result open) {
        if (!open || !context.is_here()) return heard.set_value("wrong");
        (void)c.send("hello");
        c.async_receive([&](result<message> m) { heard.set_value(m ? m->data : "nothing"); });
    });
    auto answer = heard.get_future();
    REQUIRE(answer.wait_for(patience) == std::future_status::ready);
    CHECK(answer.get() == "hello");
}

TEST_CASE("a message is awaited for a while, and the next one is not lost by that") {
    using namespace asio::experimental::awaitable_operators;
    echo_at_ws server;
    asio::io_context loop;
    client_context context{executors(loop.get_executor())};
    std::vector<std::string> seen;
    client c(context, server.options());
    auto const patiently = [&]() -> asio::awaitable<void> {
        (void)co_await c.async_connect(asio::use_awaitable);
        asio::steady_timer timer(loop, 30ms);
        auto const first = co_await (c.async_receive(asio::use_awaitable) ||
                                     timer.async_wait(asio::use_awaitable));
        seen.push_back(first.index() == 1 ? "nothing came" : "?");
        (void)c.send("late");
        auto const m = co_await c.async_receive(asio::use_awaitable);
        seen.push_back(m ? m->data : m.error().message());
    };
    asio::co_spawn(loop, patiently(), [&](std::exception_ptr) { loop.stop(); });
    loop.run_for(patience);
    CHECK(seen == std::vector<std::string>{"nothing came", "late"});
}

TEST_CASE("a client that is destroyed says so to who awaits it") {
    echo_at_ws server;
    asio::io_context loop;
    client_context context{executors(loop.get_executor())};
    std::string heard;
    auto c = std::make_unique<client>(context, server.options());
    asio::post(loop, [&] {
        c->async_connect([&](client_result open) {
            heard = open ? "open" : open.error().text;
            loop.stop();
        });
        c.reset();
    });
    loop.run_for(patience);
    CHECK(heard == "The client was closed.");
}

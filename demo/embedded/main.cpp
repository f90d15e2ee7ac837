// A Beast server with routes of its own, its event loop and its timers, and two mounts beside them.
#include "beast_server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace net = example::net;
using example::tcp;

namespace {

using namespace std::chrono_literals;

/// Once a second, from a timer of the program's own.
net::awaitable<void> tell_time(anywire::endpoint clients) {
    net::steady_timer timer(co_await net::this_coro::executor);
    for (int second = 1;; ++second) {
        timer.expires_after(1s);
        co_await timer.async_wait(net::use_awaitable);
        clients.broadcast(anywire::message_view(std::to_string(second)));
    }
}

/// After Ctrl-C every client gets its goodbye, then nothing runs any more.
net::awaitable<void> end_on_signal(net::io_context& loop,
                                   tcp::acceptor& acceptor,
                                   anywire::service& live) {
    net::signal_set signals(loop, SIGINT, SIGTERM);
    co_await signals.async_wait(net::use_awaitable);
    acceptor.close();
    co_await live.async_drain(3s, net::use_awaitable);
    loop.stop();
}

}  // namespace

int main(int argc, char** argv) {
    auto const port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 8080);
    net::io_context loop{1};
    anywire::service live{loop.get_executor()};
    anywire::handlers echo{
        .on_message = [](anywire::session& s, anywire::message_view m) { s.send(m); }};
    live.mount("/echo", anywire::sockjs_options{}, echo);
    auto const clients = live.mount("/ws", anywire::websocket_options{}, echo);

    tcp::acceptor acceptor(loop, {net::ip::address_v4::loopback(), port});
    net::co_spawn(loop, example::listen(acceptor, nullptr, live), net::detached);
    net::co_spawn(loop, tell_time(clients), net::detached);
    net::co_spawn(loop, end_on_signal(loop, acceptor, live), net::detached);
    std::printf("listening on http://127.0.0.1:%u\n", acceptor.local_endpoint().port());
    std::fflush(stdout);
    loop.run();
}

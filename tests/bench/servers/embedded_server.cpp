// anywire-bench-embedded: a Beast server that hands its connections to a service. A message that
// begins with "b" goes to all clients, any other back to its sender.
#include <anywire/asio.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <cstdio>
#include <memory>

namespace net = boost::asio;
namespace http = boost::beast::http;
using net::ip::tcp;

namespace {

net::awaitable<void> serve(tcp::socket socket, anywire::service& live) {
    boost::beast::flat_buffer buffer;
    http::request_parser<http::empty_body> parser;
    co_await http::async_read_header(socket, buffer, parser, net::use_awaitable);
    (void)co_await live.async_serve(
        std::move(socket), parser.release(), std::move(buffer), net::use_awaitable);
}

net::awaitable<void> listen(tcp::acceptor& acceptor, anywire::service& live) {
    for (;;) {
        auto socket = co_await acceptor.async_accept(net::use_awaitable);
        net::co_spawn(acceptor.get_executor(), serve(std::move(socket), live), net::detached);
    }
}

}  // namespace

int main() {
    net::io_context loop{1};
    anywire::service live{loop.get_executor()};
    // As those of anywire-bench-server.
    anywire::session_limits const limits{.max_message = 4u << 20, .max_queued_bytes = 16u << 20};
    auto const all = std::make_shared<anywire::endpoint>();
    *all = live.mount("/ws",
                      anywire::websocket_options{.limits = limits},
                      {.on_message = [all](anywire::session& s, anywire::message_view m) {
                          if (m.data.starts_with('b'))
                              all->broadcast(m);
                          else
                              s.send(m);
                      }});
    tcp::acceptor acceptor(loop, {net::ip::address_v4::loopback(), 0});
    net::co_spawn(loop, listen(acceptor, live), net::detached);
    std::printf("listening on http://127.0.0.1:%u\n", acceptor.local_endpoint().port());
    std::fflush(stdout);
    loop.run();
}

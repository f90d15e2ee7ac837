// A Beast server with a service beside its routes, and one client that uses both.
#include <anywire/asio.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <chrono>
#include <cstdio>
#include <string>

namespace net = boost::asio;
namespace http = boost::beast::http;
using net::ip::tcp;

namespace {

net::awaitable<void> serve(tcp::socket stream, anywire::service& live) {
    boost::beast::flat_buffer buffer;
    for (;;) {
        http::request_parser<http::empty_body> parser;
        co_await http::async_read_header(stream, buffer, parser, net::use_awaitable);
        auto request = parser.release();
        if (live.owns(std::string_view(request.target().data(), request.target().size()))) {
            auto back = co_await live.async_serve(
                std::move(stream), std::move(request), std::move(buffer), net::use_awaitable);
            if (!back) co_return;
            stream = std::move(*back.stream);
            buffer = std::move(back.buffer);
            continue;
        }
        http::response<http::string_body> answer{http::status::ok, request.version()};
        answer.body() = "beast\n";
        answer.prepare_payload();
        co_await http::async_write(stream, answer, net::use_awaitable);
    }
}

net::awaitable<std::string> ask(tcp::socket& socket, char const* target) {
    http::request<http::empty_body> request{http::verb::get, target, 11};
    request.set(http::field::host, "localhost");
    co_await http::async_write(socket, request, net::use_awaitable);
    boost::beast::flat_buffer buffer;
    http::response<http::string_body> answer;
    co_await http::async_read(socket, buffer, answer, net::use_awaitable);
    co_return answer.body();
}

net::awaitable<void> talk(tcp::endpoint to, anywire::service& live, std::string& heard) {
    tcp::socket socket(co_await net::this_coro::executor);
    co_await socket.async_connect(to, net::use_awaitable);
    heard += co_await ask(socket, "/");
    heard += co_await ask(socket, "/echo");
    heard += co_await ask(socket, "/");
    co_await live.async_drain(std::chrono::seconds(1), net::use_awaitable);
}

}  // namespace

int main() {
    net::io_context loop{1};
    anywire::service live{loop.get_executor()};
    live.mount("/echo",
               anywire::sockjs_options{},
               {.on_message = [](anywire::session& s, anywire::message_view m) { s.send(m); }});
    tcp::acceptor acceptor(loop, {net::ip::address_v4::loopback(), 0});
    acceptor.async_accept([&](boost::system::error_code, tcp::socket socket) {
        net::co_spawn(loop, serve(std::move(socket), live), net::detached);
    });
    std::string heard;
    net::co_spawn(loop, talk(acceptor.local_endpoint(), live, heard), net::detached);
    loop.run();
    std::printf("%s", heard.c_str());
    return heard == "beast\nWelcome to SockJS!\nbeast\n" ? 0 : 1;
}

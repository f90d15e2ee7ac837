#pragma once

#include <anywire/asio.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

/// An HTTP server of Boost.Beast with routes of its own, and a service of Anywire beside them on
/// the same port: a connection goes back and forth between the two, request by request.
namespace example {

namespace net = boost::asio;
namespace http = boost::beast::http;
using net::ip::tcp;

/// Answers a request of the server's own.
inline http::response<http::string_body> answer_own(
    http::request<http::empty_body> const& request) {
    http::response<http::string_body> answer{http::status::ok, request.version()};
    answer.set(http::field::content_type, "text/plain");
    answer.keep_alive(request.keep_alive());
    answer.body() = "beast answers " + std::string(request.target()) + "\n";
    answer.prepare_payload();
    return answer;
}

/// One connection, for as long as it lives.
template <class Stream>
net::awaitable<void> serve_connection(Stream stream, anywire::service& live) {
    boost::beast::flat_buffer buffer;
    for (;;) {
        http::request_parser<http::empty_body> parser;
        co_await http::async_read_header(stream, buffer, parser, net::use_awaitable);
        auto request = parser.release();
        if (live.owns(std::string_view(request.target().data(), request.target().size()))) {
            auto back = co_await live.async_serve(
                std::move(stream), std::move(request), std::move(buffer), net::use_awaitable);
            if (!back) co_return;  // it ended there, or became a WebSocket
            stream = std::move(*back.stream);
            buffer = std::move(back.buffer);
            continue;
        }
        auto answer = answer_own(request);
        co_await http::async_write(stream, answer, net::use_awaitable);
        if (!answer.keep_alive()) co_return;
    }
}

/// The handshake first, then the same.
inline net::awaitable<void> serve_tls(tcp::socket socket,
                                      net::ssl::context& tls,
                                      anywire::service& live) {
    net::ssl::stream<tcp::socket> stream(std::move(socket), tls);
    co_await stream.async_handshake(net::ssl::stream_base::server, net::use_awaitable);
    co_await serve_connection(std::move(stream), live);
}

/// Accepts until `acceptor` is closed. `tls` is null for plain connections.
inline net::awaitable<void> listen(tcp::acceptor& acceptor,
                                   net::ssl::context* tls,
                                   anywire::service& live) {
    // What ends a connection by an exception, e.g. a client that breaks off, ends that one.
    auto const ignore = [](std::exception_ptr const&) {};
    for (;;) {
        auto socket = co_await acceptor.async_accept(net::use_awaitable);
        auto const executor = acceptor.get_executor();
        if (tls)
            net::co_spawn(executor, serve_tls(std::move(socket), *tls, live), ignore);
        else
            net::co_spawn(executor, serve_connection(std::move(socket), live), ignore);
    }
}

}  // namespace example

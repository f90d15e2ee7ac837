#pragma once

#include <boost/asio/ip/tcp.hpp>

#include <cstdio>

namespace bench {

namespace net = boost::asio;
using tcp_socket = net::basic_stream_socket<net::ip::tcp, net::io_context::executor_type>;
using tcp_acceptor = net::basic_socket_acceptor<net::ip::tcp, net::io_context::executor_type>;

/// Listens on a free port and says so.
inline tcp_acceptor listen(net::io_context& context) {
    tcp_acceptor acceptor(context.get_executor(),
                          net::ip::tcp::endpoint(net::ip::address_v4::loopback(), 0));
    std::printf("listening on 127.0.0.1:%u\n",
                static_cast<unsigned>(acceptor.local_endpoint().port()));
    std::fflush(stdout);
    return acceptor;
}

}  // namespace bench

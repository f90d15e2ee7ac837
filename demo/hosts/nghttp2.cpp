// Anywire over HTTP/2: nghttp2 on the sockets and the TLS of Asio.
#include "hosts/nghttp2_host.hpp"

#include <boost/asio/signal_set.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace net = boost::asio;
using hosts::tcp;

int main(int argc, char** argv) {
    if (argc < 4) {
        std::fprintf(stderr, "usage: %s PORT CERTIFICATE.pem KEY.pem [FOLDER]\n", argv[0]);
        return 2;
    }
    net::ssl::context tls(net::ssl::context::tls_server);
    tls.use_certificate_chain_file(argv[2]);
    tls.use_private_key_file(argv[3], net::ssl::context::pem);

    net::io_context loop{1};
    anywire::service live{loop.get_executor()};
    anywire::handlers echo{
        .on_message = [](anywire::session& s, anywire::message_view m) { s.send(m); }};
    live.mount("/echo", anywire::sockjs_options{.websocket = false}, echo);
    live.mount("/engine.io", anywire::engineio_options{.websocket = false}, echo);
    if (argc > 4) live.serve_files("/", argv[4]);

    auto const port = static_cast<std::uint16_t>(std::atoi(argv[1]));
    tcp::acceptor acceptor(loop, {net::ip::address_v4::loopback(), port});
    hosts::nghttp2_host host(acceptor, tls, live, {loop.get_executor()});
    host.accept();

    // After Ctrl-C every session gets its goodbye, then the connections end, and with them the
    // loop.
    net::signal_set signals(loop, SIGINT, SIGTERM);
    signals.async_wait([&](boost::system::error_code, int) {
        live.drain(std::chrono::seconds(3), [&] { host.finish(); });
    });
    std::printf("listening on https://127.0.0.1:%u\n", acceptor.local_endpoint().port());
    std::fflush(stdout);
    loop.run();
}

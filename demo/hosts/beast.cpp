// A server of Boost.Beast, WebSockets included, with mounts of Anywire beside routes of its own.
#include "hosts/beast_host.hpp"

#include <boost/asio/signal_set.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace net = boost::asio;
namespace http = boost::beast::http;

int main(int argc, char** argv) {
    net::io_context loop{1};
    anywire::service live{loop.get_executor()};
    anywire::handlers echo{
        .on_message = [](anywire::session& s, anywire::message_view m) { s.send(m); }};
    live.mount("/ws", anywire::websocket_options{}, echo);
    live.mount("/engine.io", anywire::engineio_options{}, echo);

    auto const port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 8080);
    net::ip::tcp::acceptor acceptor(loop, {net::ip::address_v4::loopback(), port});
    hosts::beast_host host(
        acceptor, live, {loop.get_executor()}, [](hosts::beast_host::request const& r) {
            auto const is_own = r.target() == "/own";
            return hosts::beast_host::response(is_own ? http::status::ok : http::status::not_found,
                                               11,
                                               is_own ? "Beast answers /own\n" : "");
        });
    host.accept();

    // After Ctrl-C every session gets its goodbye, then the loop has nothing more to do.
    net::signal_set signals(loop, SIGINT, SIGTERM);
    signals.async_wait([&](boost::system::error_code, int) {
        host.end();
        live.drain(std::chrono::seconds(3), [] {});
    });
    std::printf("listening on http://127.0.0.1:%u\n", acceptor.local_endpoint().port());
    std::fflush(stdout);
    loop.run();
}

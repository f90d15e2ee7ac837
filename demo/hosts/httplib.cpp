// A server of cpp-httplib with a route of its own, and two mounts of Anywire beside it.
#include "hosts/httplib_host.hpp"

#include <boost/asio/signal_set.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

namespace net = boost::asio;

int main(int argc, char** argv) {
    auto const port = argc > 1 ? std::atoi(argv[1]) : 8080;
    net::io_context loop{1};
    auto const keeps_running = net::make_work_guard(loop);
    anywire::service live{loop.get_executor()};
    anywire::handlers echo{
        .on_message = [](anywire::session& s, anywire::message_view m) { s.send(m); }};
    live.mount("/echo", anywire::sockjs_options{.websocket = false}, echo);
    live.mount("/engine.io", anywire::engineio_options{.websocket = false}, echo);

    hosts::httplib_host server(live, {loop.get_executor()});
    server.new_task_queue = [] { return new httplib::ThreadPool(64); };  // so many clients at once
    server.set_keep_alive_max_count(1000);
    server.serve_below("/echo");
    server.serve_below("/engine.io");
    server.Get("/own", [](auto const&, auto& answer) {
        answer.set_content("cpp-httplib answers /own\n", "text/plain");
    });
    auto const bound = port == 0 ? server.bind_to_any_port("127.0.0.1") : port;
    if (port != 0 && !server.bind_to_port("127.0.0.1", port)) return 1;

    // After Ctrl-C every session gets its goodbye, then the server ends.
    net::signal_set signals(loop, SIGINT, SIGTERM);
    signals.async_wait([&](boost::system::error_code, int) {
        live.drain(std::chrono::seconds(3), [&] { server.end(); });
    });
    std::thread runner([&] { loop.run(); });
    std::printf("listening on http://127.0.0.1:%d\n", bound);
    std::fflush(stdout);
    server.listen_after_bind();
    loop.stop();
    runner.join();
}

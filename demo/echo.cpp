// The first five minutes: one handler, two dialects, one port.
#include <anywire/server.hpp>

#include <cstdio>

int main() {
    anywire::server server{{.address = "127.0.0.1", .port = 8080}};

    anywire::handlers echo{
        .on_message = [](anywire::session& s, anywire::message_view m) { s.send(m); }};

    server.mount("/ws", anywire::websocket_options{}, echo);
    server.mount("/echo", anywire::sockjs_options{}, echo);
    std::printf("echo on %s\n", server.url().c_str());
    server.run();
}

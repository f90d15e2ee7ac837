// The README's first program, but that it ends by itself.
#include <anywire/server.hpp>

#include <cstdio>

int main() {
    anywire::server server{{.address = "127.0.0.1", .port = 0}};

    anywire::handlers echo{
        .on_message = [](anywire::session& s, anywire::message_view m) { s.send(m); },
    };

    server.mount("/ws", anywire::websocket_options{}, echo);
    server.mount("/echo", anywire::sockjs_options{}, echo);
    server.stop();
    server.run();
    std::printf("bound to port %u\n", static_cast<unsigned>(server.port()));
    return server.port() != 0 ? 0 : 1;
}

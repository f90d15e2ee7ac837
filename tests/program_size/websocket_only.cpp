// Its size is a test: what it does not use it shall not have.
#include <anywire/server.hpp>

int main() {
    anywire::server server{{.address = "127.0.0.1", .port = 8080}};
    server.mount("/ws",
                 anywire::websocket_options{},
                 {.on_message = [](anywire::session& s, anywire::message_view m) { s.send(m); }});
    server.run();
}

// write [](anywire::session& session, anywire::message_view message) { ... }
void program(anywire::server& server) {
    server.mount(
        "/a", anywire::websocket_options{}, {.on_message = [](std::string text) { (void)text; }});
}

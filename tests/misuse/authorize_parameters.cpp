// write [](anywire::request const& request, anywire::decision decide) { ... }
void program(anywire::server& server) {
    server.mount("/a", anywire::websocket_options{}, {.authorize = [](anywire::request& r) {
                     return r.is_secure();
                 }});
}

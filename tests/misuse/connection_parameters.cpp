// write [](sio::socket& socket) { ... }
void program(sio::server& io) {
    io.on_connection([](sio::socket socket) { (void)socket; });
}

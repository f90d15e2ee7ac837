// write [](sio::socket& socket, sio::next go_on) { ... }
void program(sio::server& io) {
    io.use([](sio::socket&) {});
}

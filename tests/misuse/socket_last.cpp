// the socket is the first parameter: socket&
void program(sio::server& io) {
    io.on("a", [](int, sio::socket&) {});
}

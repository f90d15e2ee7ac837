// the socket is the first parameter: socket&
void program(sio::server& io) {
    io.on("a", [](sio::socket, int) {});
}

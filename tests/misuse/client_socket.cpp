// a server's handlers take a socket&, a client's take a client_socket&
void program(sio::server& io) {
    io.on("a", [](sio::client_socket&, int) {});
}

// no pointers: give the value itself
void program(sio::socket& socket, int const* n) {
    socket.emit("a", n);
}

// what takes an acknowledgement gets an error_code if it wants, then values
void program(sio::socket& socket) {
    socket.emit("a", [](sio::socket&, int) {});
}

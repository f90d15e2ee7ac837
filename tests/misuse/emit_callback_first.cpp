// what takes the answer is the last argument of emit
void program(sio::socket& socket) {
    socket.emit(
        "a", [](int) {}, 1);
}

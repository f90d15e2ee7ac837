// a handler returns nothing, as nobody would await a coroutine or look at a value
void program(sio::socket& socket) {
    socket.emit("a", [](int n) { return n; });
}

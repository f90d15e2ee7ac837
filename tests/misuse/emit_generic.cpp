// a lambda's parameters need types, no auto
void program(sio::socket& socket) {
    socket.timeout(1s).emit("a", [](auto answer) { (void)answer; });
}

// neither a value nor what takes the answer
void program(sio::socket& socket) {
    socket.emit("a", 1, colour{});
}

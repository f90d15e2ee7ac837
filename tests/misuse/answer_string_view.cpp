// write std::string: a text has to be decoded
void program(sio::socket& socket) {
    socket.emit("a", [](std::string_view answer) { (void)answer; });
}

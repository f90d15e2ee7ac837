// write [](sio::disconnect_reason why) { ... }
void program(sio::socket& socket) {
    socket.on_disconnect([](std::string const& why) { (void)why; });
}

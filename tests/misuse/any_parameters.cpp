// write [](sio::event const& e) { ... }, and look at e.name() and e.args()
void program(sio::socket& socket) {
    socket.on_any([](std::string name, int) { (void)name; });
}

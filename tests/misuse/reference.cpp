// take values by value or as const&: they are the handler's own
void program(sio::server& io) {
    io.on("a", [](std::string& name) { name.clear(); });
}

// a handler is a lambda or a function whose parameters have types: no auto, no overloads
void program(sio::server& io) {
    io.on("a", [](auto const& value) { (void)value; });
}

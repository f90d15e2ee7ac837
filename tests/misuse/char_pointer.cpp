// write std::string: a text has to be decoded
void program(sio::server& io) {
    io.on("a", [](char const* name) { (void)name; });
}

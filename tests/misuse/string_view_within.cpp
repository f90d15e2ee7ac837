// write std::string: a text has to be decoded
void program(sio::server& io) {
    io.on("a", [](std::vector<std::optional<std::string_view>> names) { (void)names; });
}

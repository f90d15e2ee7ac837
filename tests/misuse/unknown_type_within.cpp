// nothing reads this type from JSON: specialise anywire::socketio::convert for it
void program(sio::server& io) {
    io.on("a", [](std::vector<colour> all, std::optional<colour> one) { (void)all, (void)one; });
}

// nothing reads this type from JSON: specialise anywire::socketio::convert for it
void program(sio::server& io) {
    io.on("a", [](colour c) { (void)c; });
}

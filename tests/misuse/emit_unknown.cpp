// nothing writes this type as JSON: specialise anywire::socketio::convert for it
void program(sio::server& io) {
    io.emit("a", colour{}, 1);
}

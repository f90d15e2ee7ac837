// nothing writes this type as JSON: specialise anywire::socketio::convert for it
void program(sio::server& io) {
    io.on("a", [](sio::ack<colour> done) { done({}); });
}

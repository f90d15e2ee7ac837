// nothing writes this type as JSON: write ANYWIRE_JSON(type, members...) beside it
void program(sio::server& io) {
    io.on("a", [](sio::ack<colour> done) { done({}); });
}

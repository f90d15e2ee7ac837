// take the ack<...> by value
void program(sio::server& io) {
    io.on("a", [](sio::ack<bool>& done) { done(true); });
}

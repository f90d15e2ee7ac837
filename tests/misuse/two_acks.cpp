// there is one ack<...>, and it is the last parameter
void program(sio::server& io) {
    io.on("a", [](sio::ack<bool>, sio::ack<> done) { done(); });
}

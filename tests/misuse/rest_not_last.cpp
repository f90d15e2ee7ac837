// arguments takes all the rest: it comes last
void program(sio::server& io) {
    io.on("a", [](sio::arguments, int) {});
}

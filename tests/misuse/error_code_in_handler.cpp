// an error_code is the first parameter of what takes an acknowledgement
void program(sio::server& io) {
    io.on("a", [](anywire::error_code, int) {});
}

// the answers of many clients come as one std::vector
void program(sio::server& io) {
    io.timeout(1s).emit("a", [](anywire::error_code, int) {});
}

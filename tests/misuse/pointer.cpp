// no pointers: take the value, or a std::optional if it may be missing
void program(sio::server& io) {
    io.on("a", [](int* n) { (void)n; });
}

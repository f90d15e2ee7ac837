// nothing reads this type from JSON: write ANYWIRE_JSON(type, members...) beside it
void program(sio::server& io) {
    io.on("a", [](colour c) { (void)c; });
}

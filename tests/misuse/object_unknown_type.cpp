// nothing writes this type as JSON: write ANYWIRE_JSON(type, members...) beside it
void program(sio::server& io) {
    io.emit("a", {{"x", 1}, {"paint", colour{}}});
}

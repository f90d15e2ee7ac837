// nothing writes this type as JSON: write ANYWIRE_JSON(type, members...) beside it
struct car {
    colour paint{};
};
ANYWIRE_JSON(car, paint)
void program(sio::server& io) {
    io.emit("a", car{});
}

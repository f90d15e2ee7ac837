// a handler is a lambda or a function whose parameters have types: no auto, no overloads
struct app {
    void on_a(int) {}
};
void program(sio::server& io) {
    io.on("a", &app::on_a);
}

// a handler returns nothing, as nobody would await a coroutine or look at a value
void program(sio::server& io) {
    io.on("a", [](sio::socket& s, int n) -> task {
        s.emit("b", n);
        co_return;
    });
}

// a handler returns nothing, as nobody would await a coroutine or look at a value
void program(sio::server& io) {
    io.on("sum", [](int a, int b) { return a + b; });
}

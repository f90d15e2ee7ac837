// a handler returns nothing, or anywire::task<> (anywire/coro.hpp) if it is a coroutine
void program(sio::server& io) {
    io.on("sum", [](int a, int b) { return a + b; });
}

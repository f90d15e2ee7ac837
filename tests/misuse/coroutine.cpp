// a handler returns nothing, or anywire::task<> (anywire/coro.hpp) if it is a coroutine
void program(sio::server& io) {
    io.on("a", [](sio::socket& s, int n) -> task {
        s.emit("b", n);
        co_return;
    });
}

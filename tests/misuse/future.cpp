// a handler returns nothing, or anywire::task<> (anywire/coro.hpp) if it is a coroutine
void program(sio::socket& socket) {
    socket.on("a", [](int n) { return std::async([n] { return n; }); });
}

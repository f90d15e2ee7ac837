// a handler returns nothing, or anywire::task<> (anywire/coro.hpp) if it is a coroutine
void program(sio::socket& socket) {
    socket.once("a", [] { return 1; });
}

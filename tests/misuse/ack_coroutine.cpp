// a handler returns nothing, or anywire::task<> (anywire/coro.hpp) if it is a coroutine
#include <anywire/coro.hpp>
void program(sio::socket& socket) {
    socket.emit("a", [](int) -> anywire::task<> { co_return; });
}

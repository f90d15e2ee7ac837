// an event's bytes are lent for the call, and a coroutine lives longer
#include <anywire/coro.hpp>
void program(sio::server& io) {
    io.on("a", [](sio::json_view) -> anywire::task<> { co_return; });
}

// a handler returns nothing, or anywire::task<> (anywire/coro.hpp) if it is a coroutine
anywire::handlers program() {
    return {.on_message = [](anywire::session&, anywire::message_view) -> task { co_return; }};
}

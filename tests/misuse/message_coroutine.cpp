// a handler returns nothing, as nobody would await a coroutine or look at a value
anywire::handlers program() {
    return {.on_message = [](anywire::session&, anywire::message_view) -> task { co_return; }};
}

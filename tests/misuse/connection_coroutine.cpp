// a handler returns nothing, as nobody would await a coroutine or look at a value
void program(sio::server& io) {
    io.on_connection([](sio::socket&) -> task { co_return; });
}

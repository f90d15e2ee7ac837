// a handler is copied: capture a std::shared_ptr instead of what cannot be
void program(sio::server& io) {
    io.on_connection([p = std::make_unique<int>(1)](sio::socket&) { (void)p; });
}

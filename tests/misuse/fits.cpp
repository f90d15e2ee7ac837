// compiles
void program(sio::server& io) {
    auto const f = [](anywire::error_code, std::vector<std::string> const& all) { (void)all; };
    io.on(
        "a",
        [](sio::socket&, std::string const& s, int&&, sio::arguments rest, sio::ack<> const& done) {
            (void)s, (void)rest, done();
        });
    io.on("b", [](sio::socket const&, std::optional<std::vector<int>> n) noexcept { (void)n; });
    io.emit("c", "text", 1, std::string_view("view"), f);
    io.on_connection([](auto& socket) { socket.emit("d", [](int) {}); });
    anywire::handlers h{.on_open = [](anywire::session&) {}};
    h.on_message = [](anywire::session& s, anywire::message_view m) { s.send(m); };
    h.on_message = nullptr;
    auto const copy = h;
    (void)copy;
}

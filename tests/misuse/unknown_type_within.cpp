// nothing reads this type from JSON: write ANYWIRE_JSON(type, members...) beside it
void program(sio::server& io) {
    io.on("a", [](std::vector<colour> all, std::optional<colour> one) { (void)all, (void)one; });
}

// nothing reads this enum from JSON: write ANYWIRE_JSON_ENUM(type, values...) beside it
enum class fruit { apple, pear };
void program(sio::server& io) {
    io.on("a", [](std::optional<fruit> f) { (void)f; });
}

// compiles
namespace shop {

struct price {
    int cents = 0;
};
ANYWIRE_JSON(price, cents);

struct order {
    struct line {
        std::string article{};
        std::optional<price> each{};
    };
    enum class state { open, paid };
    std::vector<line> lines{};
    std::map<int, price> by_number{};
    state now{};
};
ANYWIRE_JSON(order::line, article, each)
ANYWIRE_JSON_ENUM(order::state, open, paid)
ANYWIRE_JSON(order, lines, by_number, now)

struct metres {
    double value = 0;
};
inline bool from_json(anywire::json_view in, metres& out) {
    return anywire::read_value(in, out.value);
}
inline void to_json(anywire::json_writer& out, metres const& m) {
    out.number(m.value);
}

}  // namespace shop

void program(sio::server& io, anywire::session& s, anywire::message_view m) {
    io.on("order", [](sio::socket& socket, shop::order o, sio::ack<sio::json_object> done) {
        socket.emit("order",
                    {{"order", o}, {"far", shop::metres{3}}, {"at", {{"x", 1}}}},
                    [](anywire::error_code, int) {});
        done({{"ok", true}});
    });
    io.emit("empty", {});
    io.to("room").emit("text", {{"a", "b"}}, 2, anywire::json_array{1, "two", nullptr});
    if (auto const o = anywire::from_json<shop::order>(m.data)) s.send(anywire::to_json_text(*o));
}

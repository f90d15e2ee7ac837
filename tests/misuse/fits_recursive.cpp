// compiles
struct anything {
    std::variant<std::monostate,
                 double,
                 std::string,
                 std::vector<anything>,
                 std::map<std::string, anything>>
        value{};
};

namespace anywire {

template <>
struct convert<anything> {
    static bool read(json_view in, anything& out) { return read_value(in, out.value); }
    static void write(json_writer& out, anything const& v) { write_value(out, v.value); }
    static std::string_view expected() { return "anything"; }
};

}  // namespace anywire

void program(sio::server& io) {
    io.on("a", [](sio::socket& s, std::vector<anything> const& all) { s.emit("a", all); });
}

// a value is made by its default constructor and then read: give it one
struct point {
    explicit point(int n) : x(n) {}
    int x;
};
template <>
struct anywire::convert<point> {
    static bool read(anywire::json_view, point&) { return false; }
    static std::string_view expected() { return "point"; }
};
void program(sio::server& io) {
    io.on("a", [](point) {});
}

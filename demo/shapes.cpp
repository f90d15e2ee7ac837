// JSON over plain sessions: a struct comes in, an answer goes out, over WebSocket and SockJS.
//
//     build/bin/anywire-shapes &
//     websocat ws://127.0.0.1:8080/ws     {"name": "a", "corners": [{"x": 0, "y": 0}, {"x": 3, "y":
//     4}]}
#include <anywire/json.hpp>

#include "example.hpp"

#include <cmath>
#include <optional>
#include <vector>

namespace {

struct point {
    double x = 0;
    double y = 0;
};
ANYWIRE_JSON(point, x, y)

struct shape {
    std::string name{};
    std::vector<point> corners{};
    std::optional<std::string> colour{};  // may be missing
};
ANYWIRE_JSON(shape, name, corners, colour)

double length_of(std::vector<point> const& line) {
    double sum = 0;
    for (std::size_t i = 1; i < line.size(); ++i)
        sum += std::hypot(line[i].x - line[i - 1].x, line[i].y - line[i - 1].y);
    return sum;
}

void on_message(anywire::session& s, anywire::message_view m) {
    auto const it = anywire::from_json<shape>(m.data);
    if (!it) {
        s.send(anywire::to_json_text({{"error", it.error().message()}}));
        return;
    }
    s.send(anywire::to_json_text({{"shape", *it}, {"length", length_of(it->corners)}}));
}

void shapes(example::arguments const& args) {
    anywire::handlers const all{.on_message = on_message};
    anywire::server server(args.server);
    server.mount("/ws", anywire::websocket_options{}, all);
    server.mount("/sockjs", anywire::sockjs_options{}, all);
    example::serve(server);
}

}  // namespace

int main(int argc, char** argv) {
    return example::main(argc, argv, shapes);
}

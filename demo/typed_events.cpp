// Typed events, one idea at a time. typed_events.js plays the client's part:
//
//     build/bin/anywire-typed-events &
//     node demo/typed_events.js
#include <anywire/socketio.hpp>

#include "example.hpp"

#include <cstddef>
#include <optional>
#include <variant>
#include <vector>

namespace sio = anywire::socketio;
using namespace std::chrono_literals;

namespace {

struct point {
    double x = 0;
    double y = 0;
    std::optional<std::string> label{};  // may be missing in JSON
};
ANYWIRE_JSON(point, x, y, label)

enum class colour { red, green };
ANYWIRE_JSON_ENUM(colour, red, green)  // as strings

/// The parameters say what the event must hold. What does not fit never gets here; the client's
/// acknowledgement is told, e.g. `{"error": "argument 2: expected red or green"}`.
void add_arguments(sio::nsp const& io) {
    io.on("draw", [](std::vector<point> line, colour c, sio::ack<std::size_t> done) {
        std::printf("draw: %zu points in %s\n", line.size(), c == colour::red ? "red" : "green");
        done(line.size());
    });
    io.on("greet", [](std::optional<std::string> name, sio::ack<std::string> done) {
        done("hello " + name.value_or("stranger"));  // the argument may be missing
    });
    io.on("find", [](std::variant<int, std::string> key, sio::ack<std::string> done) {
        done(key.index() == 0 ? "by number" : "by name");
    });
    io.on("upload", [](std::string file, std::vector<std::byte> bytes, sio::ack<std::size_t> done) {
        std::printf("upload: %s, %zu bytes\n", file.c_str(), bytes.size());
        done(bytes.size());
    });
    io.on("echo", [](sio::arguments all, sio::ack<sio::arguments> done) { done(all); });
}

/// Answers from the client: of one socket, and of everybody.
void add_questions(sio::nsp const& io) {
    io.on("ask me", [](sio::socket& s) {
        s.timeout(2s).emit("sure?", point{1, 2}, [](anywire::error_code e, bool yes) {
            std::printf("sure?: %s\n", e ? e.message().c_str() : yes ? "yes" : "no");
        });
    });
    io.on("vote", [&io](sio::socket& s, std::string question) {
        // The asker may be gone when the answers are in: kept is its id, which is a room, too.
        auto const count = [&io, asker = s.id()](anywire::error_code e, std::vector<int> votes) {
            std::printf("vote: %zu answers%s\n", votes.size(), e ? ", not from all" : "");
            io.to(asker).emit("votes", votes, !e);
        };
        io.to("voters").timeout(500ms).emit("vote", question, count);
    });
}

void add_rooms(sio::nsp const& io) {
    io.on("join", [](sio::socket& s, std::string room, sio::ack<std::vector<std::string>> done) {
        s.join(room);
        done(s.rooms());
    });
    io.on("tell", [](sio::socket& s, std::string room, sio::arguments what) {
        s.to(room).except("deaf").emit("told", what);  // others in the room, but for some
    });
}

/// At the door of the namespace, and before every event of a socket.
void add_middlewares(sio::nsp const& io) {
    io.use([](sio::socket& s, sio::next go_on) {
        auto const token = s.auth().find("token");
        if (token && token->equals("open sesame")) return go_on();
        go_on({.message = "who are you?", .data = sio::to_json(point{4, 1})});
    });
    io.on_connection([](sio::socket& s) {
        std::printf("%s %s\n", s.id().c_str(), s.recovered() ? "is back" : "is here");
        s.use([](sio::event const& e, sio::next go_on) {
            e.name() == "forbidden" ? go_on({.message = "no"}) : go_on();
        });
        s.on_error([](sio::connect_error const& why) {
            std::printf("event refused: %s\n", why.message.c_str());
        });
        s.on_disconnect([](sio::disconnect_reason why) {
            std::printf("gone: %s\n", std::string(to_string(why)).c_str());
        });
    });
}

void typed_events(example::arguments const& args) {
    sio::server const io{{.recovery = {.enabled = true, .max_disconnection = 1min}}};
    add_middlewares(io);
    add_arguments(io);
    add_questions(io);
    add_rooms(io);

    anywire::server server(args.server);
    server.mount("/socket.io/", io);
    example::serve(server);
}

}  // namespace

int main(int argc, char** argv) {
    return example::main(argc, argv, typed_events);
}

// One room, three dialects: what somebody says over SockJS, Socket.IO or plain WebSocket, everybody
// hears, and how it came.
#include <anywire/socketio.hpp>

#include "example.hpp"

namespace sio = anywire::socketio;

namespace {

struct said {
    std::string from{};
    std::string text{};
};
ANYWIRE_JSON(said, from, text)

struct line {
    std::string from{};
    std::string text{};
    std::string dialect{};
    std::string transport{};  // what carried it to the server
};
ANYWIRE_JSON(line, from, text, dialect, transport)

class room {
public:
    explicit room(sio::options o) : io(std::move(o)) {}

    sio::server const io;
    anywire::endpoint sockjs{};
    anywire::endpoint websocket{};

    /// The one place where things are said.
    void say(said const& what, std::string_view dialect, std::string_view transport) const {
        if (what.text.empty() || what.text.size() > 2000 || what.from.size() > 40) return;
        line const all{what.from, what.text, std::string(dialect), std::string(transport)};
        io.emit("line", all);  // its JSON is the message of the others
        auto const json = anywire::to_json_text(all);
        sockjs.broadcast(json);
        websocket.broadcast(json);
    }

    /// Handlers for both dialects that carry plain messages.
    anywire::handlers plain(char const* dialect) const {
        return {.on_message = [this, dialect](anywire::session& s, anywire::message_view m) {
            auto const what = anywire::from_json<said>(m.data);
            if (what) say(*what, dialect, s.transport());
        }};
    }
};

void bridge(example::arguments const& args) {
    auto const modules = args.folder + "/node_modules/";
    room here{{.client_files = modules + "socket.io-client/dist"}};
    here.io.on("say",
               [&here](sio::socket& s, said what) { here.say(what, "Socket.IO", s.transport()); });

    anywire::server server(args.server);
    here.sockjs = server.mount("/sockjs", anywire::sockjs_options{}, here.plain("SockJS"));
    here.websocket = server.mount("/ws", anywire::websocket_options{}, here.plain("WebSocket"));
    server.mount("/socket.io/", here.io);
    server.serve_files("/sockjs-client", modules + "sockjs-client/dist");
    server.serve_files("/style", args.folder + "/style");
    server.serve_files("/", args.folder + "/bridge");
    example::serve(server);
}

}  // namespace

int main(int argc, char** argv) {
    return example::main(argc, argv, bridge);
}

// A chat room for the unmodified socket.io-client, and the page that uses it.
#include <anywire/socketio.hpp>

#include "example.hpp"

namespace sio = anywire::socketio;

namespace {

std::string name_of(sio::socket& s) {
    auto const* const name = std::any_cast<std::string>(&s.data());
    return name ? *name : std::string();
}

// Who gives no name does not come in: the page hears `connect_error`.
void ask_for_a_name(sio::socket& s, sio::next go_on) {
    auto const given = s.auth().find("name");
    auto name = given ? given->as_string().value_or("") : "";
    if (name.empty() || name.size() > 40)
        return go_on({.message = "a name of 1 to 40 letters, please"});
    s.data() = std::move(name);
    go_on();
}

void chat(example::arguments const& args) {
    // Whoever loses the connection for a while gets what was said meanwhile.
    sio::server const io{{.recovery = {.enabled = true},
                          .client_files = args.folder + "/node_modules/socket.io-client/dist"}};
    io.use(ask_for_a_name);
    io.on_connection([&io](sio::socket& s) {
        s.broadcast().emit("came", name_of(s));
        io.emit("people", io.socket_count());
        s.on_disconnect([&io, &s](sio::disconnect_reason why) {
            s.broadcast().emit("left", name_of(s), to_string(why));
            io.emit("people", io.socket_count());
        });
    });
    io.on("say", [](sio::socket& s, std::string text, sio::ack<bool> done) {
        auto const good = !text.empty() && text.size() <= 2000;
        if (good) s.broadcast().emit("said", name_of(s), text);
        done(good);
    });
    // Worth nothing later: dropped for whoever cannot take it now.
    io.on("typing", [](sio::socket& s) { s.broadcast().volatile_().emit("typing", name_of(s)); });

    anywire::server server(args.server);
    server.mount("/socket.io/", io);
    server.serve_files("/style", args.folder + "/style");
    server.serve_files("/", args.folder + "/chat");
    example::serve(server);
}

}  // namespace

int main(int argc, char** argv) {
    return example::main(argc, argv, chat);
}

// Private messages between people who have logged in: HTTP for the login, Socket.IO for the rest.
#include <anywire/json.hpp>
#include <anywire/socketio.hpp>

#include "example.hpp"

#include <map>
#include <random>
#include <vector>

namespace sio = anywire::socketio;

namespace {

struct message {
    std::string from{}, to{}, text{};
};
ANYWIRE_JSON(message, from, to, text)

struct person {
    std::string name{};
    bool connected = false;
    std::vector<message> messages{};  // with whoever is told of this person
};
ANYWIRE_JSON(person, name, connected, messages)

/// Who has logged in, and what they have written. One thread serves all, so it needs no lock.
struct office {
    std::map<std::string, std::string> names{};  // by the token in their cookie
    std::map<std::string, std::size_t> pages{};  // connected now, by name
    std::vector<message> messages{};

    anywire::http_answer log_in(anywire::route_request const& r) {
        auto const name = r.form("name").value_or("");
        if (name.empty() || name.size() > 40) return {.status = 400, .body = "a name, please"};
        std::random_device random;
        auto const token = std::to_string(random()) + "-" + std::to_string(random());
        names[token] = name;
        pages.try_emplace(name, 0);
        anywire::http_answer ok{.status = 204};
        ok.set_cookie({.name = "user", .same_site = "Strict"}, token);
        return ok;
    }
    std::vector<person> seen_by(std::string const& me) const {
        std::vector<person> all;
        for (auto const& [name, open] : pages) {
            all.push_back({name, open != 0});
            for (auto const& m : messages)
                if ((m.from == me && m.to == name) || (m.from == name && m.to == me))
                    all.back().messages.push_back(m);
        }
        return all;
    }
};

void serve(example::arguments const& args) {
    office desk;
    sio::server const io{{.client_files = args.folder + "/node_modules/socket.io-client/dist"}};
    io.authorize([&](sio::socket& s, anywire::decision decide) {
        auto const user = desk.names.find(s.request().cookie("user").value_or(""));
        if (user == desk.names.end()) return decide.refuse(401, "log in first");
        decide.accept(user->second);
    });
    io.on_connection([&](sio::socket& s) {
        auto const& me = s.data_as<std::string>();
        s.join(me);  // all pages of one person
        s.emit("people", me, desk.seen_by(me));
        if (++desk.pages[me] == 1) s.broadcast().emit("here", me);
        s.on_disconnect([&](sio::disconnect_reason) {
            if (--desk.pages[me] == 0) io.emit("gone", me);
        });
    });
    io.on("write", [&](sio::socket& s, std::string to, std::string text, sio::ack<bool> done) {
        auto const good = desk.pages.contains(to) && !text.empty() && text.size() <= 2000;
        if (!good) return done(false);
        desk.messages.push_back({s.data_as<std::string>(), to, std::move(text)});
        io.to({to, desk.messages.back().from}).emit("message", desk.messages.back());
        done(true);
    });

    anywire::server server(args.server);
    server.route("POST", "/login", [&](anywire::route_request const& r) { return desk.log_in(r); });
    server.mount_health("/health");
    server.mount("/socket.io/", io);
    server.serve_files("/style", args.folder + "/style");
    server.serve_files("/", args.folder + "/messages");
    example::serve(server);
}

}  // namespace

int main(int argc, char** argv) {
    return example::main(argc, argv, serve);
}

// A desk for a team, for the unmodified STOMP clients of Spring applications, and the page that
// uses it: rooms, private messages, the state at subscription, and a queue of jobs of which each is
// done by one.
#include <anywire/json.hpp>
#include <anywire/stomp.hpp>

#include "example.hpp"

#include <set>
#include <string>
#include <vector>

namespace stomp = anywire::stomp;

namespace {

struct line {
    std::string from{};
    std::string text{};
};
ANYWIRE_JSON(line, from, text)

// What a page sends: {"text": "..."}.
struct words {
    std::string text{};
};
ANYWIRE_JSON(words, text)

std::string checked(words const& w) {
    if (w.text.empty() || w.text.size() > 2000)
        throw stomp::bad_message("a text of 1 to 2000 letters, please");
    return w.text;
}

std::vector<std::string> people(stomp::server const& desk) {
    std::set<std::string> names;
    for (auto const& c : desk.clients()) names.insert(c.user);
    return {names.begin(), names.end()};
}

void set_up(stomp::server& desk) {
    // Browsers add no headers to a WebSocket: who somebody is comes with CONNECT.
    desk.on_connect([](stomp::connect const& c, stomp::admission in) {
        auto const name = std::string(c.login());
        if (name.empty() || name.size() > 40 || name.find('/') != name.npos)
            return in.refuse("a name of 1 to 40 letters, please");
        in.accept({.user = name});
    });
    auto const tell_people = [&desk] { (void)desk.send("/topic/people", people(desk)); };
    desk.on_connected([=](stomp::client&) { tell_people(); });
    desk.on_disconnect([=](stomp::client&, anywire::close_event const&) { tell_people(); });
    desk.on_subscribe("/app/people", [&desk] { return people(desk); });

    // From "/app/rooms/lobby" to "/topic/rooms/lobby".
    desk.on_message("/app/rooms/{room}", [](stomp::client& by, std::string, words w) {
        return line{by.user(), checked(w)};
    });
    // To all pages of one person, and of the one who writes.
    desk.on_message("/app/to/{name}", [&desk](stomp::client& by, std::string name, words w) {
        line const l{by.user(), checked(w)};
        (void)desk.send_to_user(name, "/queue/messages", l);
        if (name != by.user()) (void)desk.send_to_user(by.user(), "/queue/messages", l);
    });
    // Each job is one worker's, until it says ACK. A worker that goes, or says NACK, leaves it to
    // others.
    desk.on_message("/app/jobs", [&desk](stomp::client& by, words w) {
        if (!desk.send("/queue/jobs", line{by.user(), checked(w)}))
            throw stomp::bad_message("there are too many jobs");
    });
    desk.on_dead_letter([&desk](stomp::dead_letter const& dead) {
        (void)desk.send("/topic/undone",
                        stomp::payload{std::string(dead.body), std::string(dead.content_type)});
    });
    desk.on_error([&desk](stomp::client& who, stomp::failure const& what) {
        (void)desk.send_to_client(who.id(), "/queue/errors", line{"desk", std::string(what.text)});
    });
    for (auto const* open :
         {"/topic/rooms/{room}", "/topic/people", "/topic/undone", "/queue/jobs"})
        desk.allow_subscribe(open);
}

void serve(example::arguments const& args) {
    stomp::server desk;
    set_up(desk);
    anywire::server server(args.server);
    server.mount("/desk", anywire::sockjs_options{}, desk);
    server.mount("/stomp", anywire::websocket_options{}, desk);
    server.serve_files("/modules", args.folder + "/node_modules");
    server.serve_files("/style", args.folder + "/style");
    server.serve_files("/", args.folder + "/desk");
    example::serve(server);
}

}  // namespace

int main(int argc, char** argv) {
    return example::main(argc, argv, serve);
}

// Chat in the terminal, with those on the page of anywire-chat. It comes back by itself.
//
//     build/bin/anywire-chat &
//     build/bin/anywire-talk --url http://localhost:8080 --name Ann
#include <anywire/socketio_client.hpp>

#include "flag_reader.hpp"

#include <cstdio>
#include <exception>
#include <future>
#include <iostream>

namespace sio = anywire::socketio;

namespace {

struct arguments {
    std::string url = "http://localhost:8080";
    std::string name = "somebody";
};

arguments parse(demo::flag_reader flags) {
    arguments a;
    while (flags.next()) {
        if (flags.is("--url"))
            a.url = flags.value();
        else if (flags.is("--name"))
            a.name = flags.value();
        else
            flags.refuse();
    }
    return a;
}

void print_what_happens(sio::client& io, sio::client_socket& room) {
    room.on("said", [](std::string who, std::string text) {
        std::printf("%s: %s\n", who.c_str(), text.c_str());
    });
    room.on("came", [](std::string who) { std::printf("* %s has come\n", who.c_str()); });
    room.on("left", [](std::string who) { std::printf("* %s has left\n", who.c_str()); });
    room.on("people", [](int n) { std::printf("* %d here\n", n); });

    room.on_disconnect([](sio::client_disconnect_reason why) {
        std::printf("* cut off: %s\n", std::string(to_string(why)).c_str());
    });
    io.on_failure([](anywire::client_failure const& why) {
        std::printf("* no connection: %s\n", why.text.c_str());
    });
}

/// Says a line, and waits until the server has it. What is said while there is no connection waits
/// for the next; what was on its way when one broke may have arrived, or not.
bool say(sio::client_socket& room, std::string const& line) {
    auto const answer = std::make_shared<std::promise<bool>>();
    room.emit("say", line, [answer](anywire::error_code error, bool is_taken) {
        answer->set_value(!error && is_taken);
    });
    return answer->get_future().get();
}

int talk(arguments const& args) {
    anywire::client_context context;
    sio::client io(context, {.url = args.url});
    auto& room = io.socket("/", {.auth = {{"name", args.name}}});
    print_what_happens(io, room);

    std::promise<bool> entered;
    room.on_connect([&, is_first = true]() mutable {
        std::puts(room.recovered() ? "* back, and nothing was missed" : "* you are in");
        if (std::exchange(is_first, false)) entered.set_value(true);
    });
    room.on_connect_error([&](sio::connect_error const& why) {
        if (room.is_active()) return;  // it tries again
        std::printf("* not let in: %s\n", why.message.c_str());
        entered.set_value(false);
    });
    room.connect();
    if (!entered.get_future().get()) return 1;

    for (std::string line; std::getline(std::cin, line);)
        if (!line.empty() && !say(room, line)) std::printf("* not heard: %s\n", line.c_str());
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        std::setvbuf(stdout, nullptr, _IOLBF, 0);  // also where it is no terminal
        return talk(parse({argc, argv}));
    } catch (std::exception const& e) {
        std::fprintf(stderr, "%s: %s\n", argv[0], e.what());
        return 2;
    }
}

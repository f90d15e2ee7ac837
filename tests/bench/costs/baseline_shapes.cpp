// What every other row of a door is compared with: an echo of messages of 64 bytes.
#include "shape.hpp"

namespace bench::costs {
namespace {

std::string text_of_64(std::size_t i) {
    auto text = std::to_string(i) + " ";
    for (auto c = 'a'; text.size() < 64; c = c == 'z' ? 'a' : static_cast<char>(c + 1))
        text.push_back(c);
    return text;
}

std::string sockjs_of_64(std::size_t i) {
    return "\"" + text_of_64(i) + "\"";
}

std::string engineio_of_64(std::size_t i) {
    return "4" + text_of_64(i);
}

std::string socketio_of_64(std::size_t i) {
    return "42[\"m\",\"" + text_of_64(i) + "\"]";
}

std::string stomp_of_64(std::size_t i) {
    constexpr std::string_view end("\0", 1);
    if (i == 0) return std::string("SUBSCRIBE\nid:e\ndestination:/topic/e\n\n").append(end);
    return ("SEND\ndestination:/topic/e\n\n" + text_of_64(i).substr(0, 36)).append(end);
}

shape echo(std::vector<door> doors, std::string (*make)(std::size_t)) {
    return {.name = "echo of 64 bytes",
            .attacks = "nothing",
            .doors = std::move(doors),
            .make = make,
            .portion = 16'000,  // a burst would be something else
            .is_baseline = true};
}

}  // namespace

std::vector<shape> baseline_shapes() {
    return {
        {.name = "plain request",
         .attacks = "nothing",
         .doors = {door::http},
         .how = way::requests,
         .make = [](std::size_t) { return get("/sockjs/"); },
         .is_baseline = true},
        echo({door::ws, door::ws_deflated}, text_of_64),
        echo({door::sockjs_ws,
              door::sockjs_polling,
              door::sockjs_streaming,
              door::sockjs_events,
              door::sockjs_htmlfile,
              door::sockjs_jsonp},
             sockjs_of_64),
        echo({door::engineio_ws,
              door::engineio_polling,
              door::engineio_gzip,
              door::engineio_jsonp,
              door::engineio3_ws,
              door::engineio3_polling},
             engineio_of_64),
        echo({door::socketio_ws, door::socketio_polling, door::socketio_recovery}, socketio_of_64),
        echo({door::stomp_ws}, stomp_of_64)};
}

}  // namespace bench::costs

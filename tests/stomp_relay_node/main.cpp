// anywire-stomp-relay: a STOMP server before a broker, for the client tests. A plain user of the
// public API.
#include <anywire/server.hpp>
#include <anywire/stomp.hpp>
#include <anywire/stomp_relay.hpp>
#include <anywire/stomp_tcp.hpp>

#include <chrono>
#include <cstdio>
#include <exception>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

namespace stomp = anywire::stomp;
using namespace std::chrono_literals;

/// "--name value", each.
std::map<std::string, std::string> read_arguments(int argc, char** argv) {
    std::map<std::string, std::string> all{{"broker", "stomp://127.0.0.1:61613"},
                                           {"login", "guest"},
                                           {"system-login", "guest"},
                                           {"retry", "500"},
                                           {"held", "1000000"},
                                           {"nested", "escaped"},
                                           {"ca", ""},
                                           {"host", "/"},
                                           {"port", "0"},
                                           {"threads", "2"}};
    for (int i = 1; i + 1 < argc; i += 2) {
        auto const name = std::string(argv[i]).substr(2);
        if (!all.contains(name)) throw std::invalid_argument("there is no --" + name);
        all[name] = argv[i + 1];
    }
    return all;
}

stomp::relay_options relay_options_of(std::map<std::string, std::string>& of) {
    stomp::relay_options o;
    o.url = of["broker"];
    o.login = of["login"];
    o.system_login = of["system-login"];
    o.system_passcode = "guest";
    o.host = of["host"];
    o.tls.ca = of["ca"];
    o.reconnect_delay = std::chrono::milliseconds(std::stol(of["retry"]));
    o.heart_beat = 2s;
    o.max_held = std::stoul(of["held"]);
    if (of["nested"] == "dots") o.nested = stomp::nested_destinations::dots;
    if (of["nested"] == "kept") o.nested = stomp::nested_destinations::kept;
    return o;
}

void set_up(stomp::server& broker) {
    broker.on_connect([](stomp::connect const& c, stomp::admission const& in) {
        if (c.passcode() == "bad-passcode") return in.refuse("Bad login");
        in.accept({.user = std::string(c.login())});
    });
    for (auto const* const all : {"/topic/**", "/queue/**", "/reply-queue/**", "/user/**"})
        broker.allow_send(all);
    for (auto const* const all : {"/topic/{name}", "/topic/rooms/{room}", "/topic/#", "/queue/**"})
        broker.allow_subscribe(all);
    // What the application sends goes over its own connection.
    broker.on_message("/app/say/{name}", [broker](std::string name, std::string text) {
        auto const sent = broker.send("/topic/" + name, text);
        if (!sent) throw stomp::refusal(sent.error().message());
    });
    broker.on_message("/app/count/{name}/{n}", [broker](std::string name, int n) {
        for (int i = 0; i < n; ++i)
            if (!broker.send("/queue/" + name, std::to_string(i), {{"persistent", "true"}}))
                throw stomp::refusal("no room after " + std::to_string(i));
    });
    broker.on_message("/app/upper", [](std::string text) { return text + "!"; });
    broker.on_message("/app/whisper/{user}", [broker](std::string user, std::string text) {
        (void)broker.send_to_user(user, "/queue/whispers", text);
    });
    broker.on_subscribe("/app/state", [] { return "state"; });
    broker.snapshot("/topic/snapshots", [] { return "so far"; });
}

stomp::options options_of_broker() {
    stomp::options o;
    o.prefixes = {"/topic", "/queue", "/reply-queue"};
    o.patterns = true;
    o.heart_beat = {.out_min = 1s, .in_min = 1s, .grace = 0s};
    o.max_frame = 2u << 20;
    return o;
}

void print_line(anywire::log_level, std::string_view line) {
    std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
}

void run(int argc, char** argv) {
    auto with = read_arguments(argc, argv);
    anywire::server server{{.address = "127.0.0.1",
                            .port = static_cast<std::uint16_t>(std::stoul(with["port"])),
                            .threads = static_cast<unsigned>(std::stoul(with["threads"])),
                            .log = {.write = print_line}}};
    server.mount_metrics("/metrics");
    stomp::server broker{options_of_broker()};
    set_up(broker);
    broker.relay_to(stomp::relay(relay_options_of(with)));
    anywire::session_limits const limits{.max_message = 4u << 20};
    server.mount("/stomp", anywire::websocket_options{.limits = limits}, broker);
    server.mount("/stomp-sockjs", anywire::sockjs_options{.limits = limits}, broker);
    stomp::tcp_listener const tcp{server, broker, {.listen = {.port = 0}, .limits = limits}};
    std::printf("stomp on tcp://127.0.0.1:%u\n", static_cast<unsigned>(tcp.port()));
    std::printf("listening on %s\n", server.url().c_str());
    std::fflush(stdout);
    server.run_until_signal(5s);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        run(argc, argv);
        return 0;
    } catch (std::exception const& e) {
        std::fprintf(stderr, "anywire-stomp-relay: %s\n", e.what());
        return 1;
    }
}

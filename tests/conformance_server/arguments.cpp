#include "conformance.hpp"

#include <charconv>
#include <stdexcept>

namespace conformance {

using namespace std::chrono_literals;

std::string_view const usage =
    "usage: anywire-conformance [options]\n"
    "\n"
    "Serves what public conformance suites and the JavaScript clients' own suites expect:\n"
    "SockJS on /echo, /disabled_websocket_echo, /cookie_needed_echo, /close, /amplify, /ticker\n"
    "and /broadcast, plain WebSocket on /ws and /ws/broadcast, Engine.IO on /engine.io/, "
    "Socket.IO\n"
    "on /socket.io/. Prints one line once it listens; SIGTERM and SIGINT end it cleanly.\n"
    "\n"
    "  --profile NAME        default, protocol, engine.io-client or socket.io-client\n"
    "  --address A           address to listen on (127.0.0.1)\n"
    "  --port N              port; 0 picks a free one (0)\n"
    "  --threads N           shards; 0 is one per core (1)\n"
    "  --tls CERT.pem KEY.pem  serve TLS\n"
    "  --max-payload BYTES   longest message and POST body (1000000)\n"
    "  --ping-interval MS    Engine.IO heartbeat (25000)\n"
    "  --ping-timeout MS     silence after a heartbeat that ends a session (20000)\n"
    "  --max-packets-per-poll N  most packets in one poll's answer; 0: no limit (0)\n"
    "  --client-files DIR    serve socket.io-client's dist folder at /socket.io/\n"
    "  --origins LIST        comma-separated allow-list instead of all origins\n"
    "  --static DIR          serve a folder at /static/\n"
    "  --log                 write the log to standard error\n"
    "  --help                this text\n";

namespace {

template <class Number>
Number number(std::string_view flag, std::string_view text) {
    Number n{};
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (ec != std::errc{} || end != text.data() + text.size())
        throw std::invalid_argument(std::string(flag) + " wants a number, not '" +
                                    std::string(text) + "'");
    return n;
}

anywire::origin_list split(std::string_view list) {
    anywire::origin_list parts;
    while (!list.empty()) {
        auto const comma = list.find(',');
        parts.emplace_back(list.substr(0, comma));
        list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    }
    return parts;
}

void set_profile(command_line& a, std::string_view name) {
    a.profile = name;
    if (name == "protocol") {
        a.ping_interval = 300ms;
        a.ping_timeout = 200ms;
        a.connect_timeout = 1s;
    } else if (name == "engine.io-client") {
        a.ping_interval = 500ms;
        a.max_payload = 100;
    } else if (name == "socket.io-client") {
        a.ping_interval = 2s;
    } else if (name != "default") {
        throw std::invalid_argument("there is no profile '" + std::string(name) + "'");
    }
}

}  // namespace

std::optional<command_line> parse(int argc, char** argv) {
    command_line a;
    for (int at = 1; at + 1 < argc; ++at)
        if (argv[at] == std::string_view("--profile")) set_profile(a, argv[at + 1]);
    int i = 1;
    auto const value = [&](std::string_view flag) -> std::string_view {
        if (++i >= argc) throw std::invalid_argument(std::string(flag) + " wants a value");
        return argv[i];
    };
    for (; i < argc; ++i) {
        std::string_view const flag = argv[i];
        if (flag == "--help") return std::nullopt;
        if (flag == "--address")
            a.server.address = value(flag);
        else if (flag == "--port")
            a.server.port = number<std::uint16_t>(flag, value(flag));
        else if (flag == "--threads")
            a.server.threads = number<unsigned>(flag, value(flag));
        else if (flag == "--max-payload")
            a.max_payload = number<std::size_t>(flag, value(flag));
        else if (flag == "--origins")
            a.origins = split(value(flag));
        else if (flag == "--static")
            a.static_folder = value(flag);
        else if (flag == "--client-files")
            a.client_files = value(flag);
        else if (flag == "--max-packets-per-poll")
            a.max_packets_per_poll = number<std::size_t>(flag, value(flag));
        else if (flag == "--ping-interval")
            a.ping_interval = std::chrono::milliseconds(number<unsigned>(flag, value(flag)));
        else if (flag == "--ping-timeout")
            a.ping_timeout = std::chrono::milliseconds(number<unsigned>(flag, value(flag)));
        else if (flag == "--log")
            a.log = true;
        else if (flag == "--tls") {
            a.server.tls.certificate = value(flag);
            a.server.tls.key = value(flag);
        } else if (flag == "--profile") {
            (void)value(flag);  // `set_profile` has seen it
        } else {
            throw std::invalid_argument("unknown option '" + std::string(flag) + "'; see --help");
        }
    }
    return a;
}

}  // namespace conformance

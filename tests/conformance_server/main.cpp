// anywire-conformance: what public conformance suites and the JavaScript clients' own suites expect
// of a server. A plain user of the public API.
#include <anywire/server.hpp>

#include <atomic>
#include <charconv>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <pthread.h>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace {

using namespace std::chrono_literals;
using anywire::endpoint;
using anywire::handlers;
using anywire::message_view;
using anywire::session;
using anywire::sockjs_options;

constexpr std::string_view usage =
    "usage: anywire-conformance [options]\n"
    "\n"
    "Serves what public conformance suites and the JavaScript clients' own suites expect:\n"
    "SockJS on /echo, /disabled_websocket_echo, /cookie_needed_echo, /close, /amplify, /ticker\n"
    "and /broadcast, plain WebSocket on /ws and /ws/broadcast. Prints one line once it listens;\n"
    "SIGTERM and SIGINT end it cleanly.\n"
    "\n"
    "  --profile NAME        default\n"
    "  --address A           address to listen on (127.0.0.1)\n"
    "  --port N              port; 0 picks a free one (0)\n"
    "  --threads N           shards; 0 is one per core (1)\n"
    "  --tls CERT.pem KEY.pem  serve TLS\n"
    "  --max-payload BYTES   longest message and POST body (1000000)\n"
    "  --origins LIST        comma-separated allow-list instead of all origins\n"
    "  --static DIR          serve a folder at /static/\n"
    "  --log                 write the log to standard error\n"
    "  --help                this text\n";

struct arguments {
    anywire::server_options server{.port = 0};
    anywire::origin_list origins{"*"};
    std::size_t max_payload = 1'000'000;
    std::string static_folder{};
    bool log = false;
};

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

std::optional<arguments> parse(int argc, char** argv) {
    arguments a;
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
        else if (flag == "--log")
            a.log = true;
        else if (flag == "--tls") {
            a.server.tls.certificate = value(flag);
            a.server.tls.key = value(flag);
        } else if (flag == "--profile") {
            if (auto const name = value(flag); name != "default")
                throw std::invalid_argument("there is no profile '" + std::string(name) + "'");
        } else {
            throw std::invalid_argument("unknown option '" + std::string(flag) + "'; see --help");
        }
    }
    return a;
}

handlers echo() {
    return {.on_message = [](session& s, message_view m) { s.send(m); }};
}

std::string amplified(std::string_view text) {
    auto n = std::floor(std::strtod(std::string(text).c_str(), nullptr));
    if (!(n >= 1 && n <= 18)) n = 1;
    return std::string(std::size_t{1} << static_cast<unsigned>(n), 'x');
}

void tick(session& s) {
    s.after(1s, [](session& self) {
        self.send("tick!");
        tick(self);
    });
}

void mount_sockjs(anywire::server& server, arguments const& a) {
    sockjs_options const defaults{.limits = {.max_message = a.max_payload},
                                  .origins = a.origins,
                                  .htmlfile = true,
                                  .jsonp = true,
                                  .sockjs_url = "/static/sockjs.js"};
    auto options = defaults;
    options.response_limit = 4096;
    server.mount("/echo", options, echo());
    options = defaults;
    options.websocket = false;
    server.mount("/disabled_websocket_echo", options, echo());
    options = defaults;
    options.cookie = true;
    server.mount("/cookie_needed_echo", options, echo());
    server.mount("/close", defaults, {.on_open = [](session& s) {
                     s.close(anywire::close_code{3000}, "Go away!");
                 }});
    server.mount("/amplify", defaults, {.on_message = [](session& s, message_view m) {
                     s.send(amplified(m.data));
                 }});
    server.mount("/ticker", defaults, {.on_open = tick});
    auto const all = std::make_shared<endpoint>();
    *all = server.mount("/broadcast", defaults, {.on_message = [all](session&, message_view m) {
                            all->broadcast(m);
                        }});
}

void mount_websocket(anywire::server& server, arguments const& a) {
    anywire::websocket_options const echo_options{
        .limits = {.max_message = 16u << 20, .max_queued_bytes = 64u << 20, .max_fragments = 0},
        .origins = a.origins,
        .subprotocols = {"echo.v1", "echo.v2"},
        .deflate = {.enabled = true}};
    server.mount("/ws", echo_options, echo());
    auto const all = std::make_shared<endpoint>();
    *all = server.mount(
        "/ws/broadcast",
        anywire::websocket_options{.limits = {.max_message = a.max_payload}, .origins = a.origins},
        {.on_message = [all](session&, message_view m) { all->broadcast(m); }});
}

/// SIGTERM and SIGINT drain; a second one ends at once.
void wait_for_signals(anywire::server& server, sigset_t const& signals) {
    int which = 0;
    sigwait(&signals, &which);
    server.drain(10s);
    sigwait(&signals, &which);
    server.stop();
}

void serve(arguments a) {
    if (a.log)
        a.server.log = {.level = anywire::log_level::debug,
                        .write = [](anywire::log_level, std::string_view line) {
                            std::fprintf(
                                stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
                        }};
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // inherited by the shards' threads

    anywire::server server(a.server);
    mount_sockjs(server, a);
    mount_websocket(server, a);
    if (!a.static_folder.empty()) server.serve_files("/static", a.static_folder);

    auto const scheme = a.server.tls.certificate.empty() ? "http" : "https";
    std::printf("listening on %s://%s:%u\n",
                scheme,
                a.server.address.c_str(),
                static_cast<unsigned>(server.port()));
    std::fflush(stdout);

    std::thread waiting([&] { wait_for_signals(server, signals); });
    server.run();
    // The thread still waits for a second signal; the process ends without it.
    waiting.detach();
    std::fflush(stdout);
    std::_Exit(0);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        auto const a = parse(argc, argv);
        if (!a) {
            std::fputs(usage.data(), stdout);
            return 0;
        }
        serve(*a);
    } catch (std::exception const& e) {
        std::fprintf(stderr, "anywire-conformance: %s\n", e.what());
        return 2;
    }
}

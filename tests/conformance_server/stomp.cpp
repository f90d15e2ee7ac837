#include <anywire/coro.hpp>
#include <anywire/json.hpp>
#include <anywire/server.hpp>
#include <anywire/stomp.hpp>
#include <anywire/stomp_tcp.hpp>

#include "conformance.hpp"

#include <chrono>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

namespace conformance {
namespace {

namespace stomp = anywire::stomp;
using namespace std::chrono_literals;

/// What Spring's guide greets with.
struct hello {
    std::string name{};
};
struct greeting {
    std::string content{};
};
ANYWIRE_JSON(hello, name)
ANYWIRE_JSON(greeting, content)

stomp::options stomp_options(command_line const& a) {
    stomp::options o;
    o.patterns = !a.stomp_strict;
    o.heart_beat = {.out_min = 1s, .in_min = 1s, .grace = a.stomp_grace};
    o.connect_timeout = a.stomp_connect_timeout;
    o.max_frame = 2u << 20;
    o.queue.max_bytes = 16u << 20;
    return o;
}

void admit(stomp::connect const& c, stomp::admission const& in) {
    // Whoever gives no login comes in, too, as with the usual brokers.
    auto const login = c.find("login");
    if (login && *login == "anonymous") return in.accept();
    if (!login) return in.accept({.user = "guest"});
    if (*login == "guest" && c.passcode() != "guest") return in.refuse("Bad login");
    if (*login == "nobody") return in.refuse("Bad login");
    in.accept({.user = std::string(*login)});
}

/// The application's own destinations.
void add_application(stomp::server& broker) {
    broker.on_message("/app/echo", [broker](stomp::client& from, stomp::message const& m) {
        (void)broker.send_to_client(
            from.id(),
            "/queue/echo",
            stomp::payload{std::string(m.body()), std::string(m.content_type())});
    });
    broker.on_message("/app/value/{name}",
                      [](std::string name, std::string text) { return name + ": " + text; });
    broker.on_message("/app/sum", [](std::vector<int> numbers) {
        int all = 0;
        for (auto const n : numbers) all += n;
        return std::vector<int>{all};
    });
    broker.on_message("/app/hello", [broker](hello who) {
        (void)broker.send("/topic/greetings", greeting{"Hello, " + who.name + "!"});
    });
    broker.on_message("/app/throw", [] { throw std::runtime_error("it is said so"); });
    broker.on_message("/app/refuse", [] { throw stomp::refusal("refused by the handler"); });
    broker.on_message(
        "/app/slow/{ms}",
        [](stomp::client& from, int ms, std::string text) -> anywire::task<std::string> {
            co_await from.session().async_wait(std::chrono::milliseconds(ms));
            co_return text;
        });
    broker.on_message("/app/fail/{ms}", [](stomp::client& from, int ms) -> anywire::task<> {
        co_await from.session().async_wait(std::chrono::milliseconds(ms));
        throw std::runtime_error("it is said late");
    });
    broker.on_message("/app/close",
                      [](stomp::client& from, std::string text) { from.disconnect(text); });
    broker.on_subscribe("/app/state", [] { return std::vector<int>{1, 2, 3}; });
    broker.on_subscribe("/app/state/{name}",
                        [](stomp::client const& by, std::string name) { return by.user() + name; });
    broker.snapshot("/topic/snapshot/{name}", [](std::string name) { return "so far: " + name; });
    broker.on_error([broker](stomp::client& from, stomp::failure const& what) {
        (void)broker.send_to_client(from.id(), "/queue/errors", std::string(what.text));
    });
}

}  // namespace

std::shared_ptr<void> mount_stomp(anywire::server& server, command_line const& a) {
    stomp::server broker{stomp_options(a)};
    broker.on_connect(admit);
    if (!a.stomp_strict)
        for (auto const* const below : {"/topic/**", "/queue/**", "/user/**"})
            broker.allow_send(below);
    add_application(broker);
    anywire::session_limits const limits{.max_message = a.max_payload,
                                         .max_queued_bytes = 64u << 20};
    server.mount(
        "/stomp", anywire::websocket_options{.limits = limits, .origins = a.origins}, broker);
    server.mount("/stomp-sockjs",
                 anywire::sockjs_options{
                     .limits = limits, .origins = a.origins, .heartbeat = a.sockjs_heartbeat},
                 broker);
    server.mount("/stomp-engine.io", engineio_options_of(a), broker);
    stomp::tcp_options tcp{.limits = limits};
    tcp.listen.port = a.stomp_port;
    tcp.listen.tls = a.server.tls;
    auto listener = std::make_shared<stomp::tcp_listener>(server, broker, std::move(tcp));
    std::printf("stomp on tcp://127.0.0.1:%u\n", static_cast<unsigned>(listener->port()));
    return listener;
}

}  // namespace conformance

#include <anywire/coro.hpp>
#include <anywire/server.hpp>
#include <anywire/stomp.hpp>

#include "conformance.hpp"

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

namespace conformance {
namespace {

namespace stomp = anywire::stomp;
using namespace std::chrono_literals;

stomp::options stomp_options() {
    stomp::options o;
    o.patterns = true;
    o.heart_beat = {.out_min = 1s, .in_min = 1s, .grace = 0s};
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
    broker.on_message("/app/throw", [] { throw std::runtime_error("it is said so"); });
    broker.on_message("/app/refuse", [] { throw stomp::refusal("refused by the handler"); });
    broker.on_message(
        "/app/slow/{ms}",
        [](stomp::client& from, int ms, std::string text) -> anywire::task<std::string> {
            co_await from.session().async_wait(std::chrono::milliseconds(ms));
            co_return text;
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

void mount_stomp(anywire::server& server, command_line const& a) {
    stomp::server broker{stomp_options()};
    broker.on_connect(admit);
    broker.allow_send("/topic/**");
    broker.allow_send("/queue/**");
    broker.allow_send("/user/**");
    add_application(broker);
    anywire::session_limits const limits{.max_message = a.max_payload,
                                         .max_queued_bytes = 64u << 20};
    server.mount(
        "/stomp", anywire::websocket_options{.limits = limits, .origins = a.origins}, broker);
    server.mount(
        "/stomp-sockjs", anywire::sockjs_options{.limits = limits, .origins = a.origins}, broker);
    server.mount("/stomp-engine.io", engineio_options_of(a), broker);
}

}  // namespace conformance

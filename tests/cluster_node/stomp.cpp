#include <anywire/json.hpp>
#include <anywire/stomp.hpp>

#include "node.hpp"

#include <utility>

namespace cluster_node_program {
namespace {

namespace stomp = anywire::stomp;

/// Tells whoever has asked, if he is still there.
auto teller(stomp::server const& broker, stomp::client const& asker) {
    return [broker, id = std::string(asker.id())](anywire::error_code, strings const& names) {
        (void)broker.send_to_client(id, "/queue/answers", names);
    };
}

}  // namespace

void mount_stomp(anywire::server& server, anywire::bus_maker bus, std::string const& name) {
    using namespace std::chrono_literals;
    stomp::server broker{{.heart_beat = {.out_min = 1s, .in_min = 1s}}};
    broker.use_bus(std::move(bus));
    broker.on_connect([](stomp::connect const& c, stomp::admission const& in) {
        in.accept({.user = std::string(c.login())});
    });
    for (auto const* const below : {"/topic/**", "/queue/**", "/user/**"}) broker.allow_send(below);
    broker.on_subscribe("/app/self", [name](stomp::client const& by) {
        return strings{name, std::string(by.id())};
    });
    broker.on_message("/app/users",
                      [broker](stomp::client& by) { broker.fetch_users(teller(broker, by)); });
    broker.on_message("/app/clients/{user}", [broker](stomp::client& by, std::string user) {
        broker.fetch_clients_of(user, teller(broker, by));
    });
    broker.on_message("/app/tell/{id}", [broker](std::string id, std::string text) {
        (void)broker.send_to_client(id, "/queue/x", text);
    });
    broker.on_message("/app/end/{user}", [broker](std::string user, std::string text) {
        broker.disconnect_user(user, text);
    });
    server.mount("/stomp", anywire::websocket_options{}, broker);
    server.mount("/stomp-sockjs", anywire::sockjs_options{}, broker);
}

}  // namespace cluster_node_program

#include <anywire/service.hpp>
#include <anywire/stomp.hpp>

#include "service_core.hpp"
#include "service_shards.hpp"
#include "stomp/server/stomp_core.hpp"

#include <array>
#include <stdexcept>

namespace anywire {

std::string stomp::best_subprotocol(std::span<std::string_view const> offered) {
    constexpr std::array<std::string_view, 3> known = {"v12.stomp", "v11.stomp", "v10.stomp"};
    for (auto const name : known)
        for (auto const each : offered)
            if (each == name) return std::string(name);
    return {};
}

namespace {

/// The numbers of one server, as metrics.
void append_numbers(number_families& to, stomp::server_numbers const& n) {
    using kind = number_family::kind;
    auto const add = [&](char const* name, char const* help, kind is, std::uint64_t value) {
        to.push_back({.name = name, .help = help, .is = is, .samples = {{.value = value}}});
    };
    add("anywire_stomp_clients", "Clients of STOMP that are connected.", kind::gauge, n.clients);
    add("anywire_stomp_subscriptions", "Subscriptions.", kind::gauge, n.subscriptions);
    add("anywire_stomp_connects", "Clients that were let in.", kind::counter, n.connects);
    to.push_back({.name = "anywire_stomp_refused",
                  .help = "What clients were refused.",
                  .is = kind::counter,
                  .samples = {{n.refused_connects, {{"what", "connect"}}},
                              {n.refused_sends, {{"what", "send"}}},
                              {n.refused_subscribes, {{"what", "subscribe"}}}}});
    add("anywire_stomp_errors", "ERROR frames sent.", kind::counter, n.errors);
    add("anywire_stomp_frames_received", "Frames of clients.", kind::counter, n.frames_received);
    add("anywire_stomp_messages", "MESSAGE frames sent.", kind::counter, n.messages_delivered);
    add("anywire_stomp_queues", "Queues in memory.", kind::gauge, n.queues);
    add("anywire_stomp_queued_messages",
        "Messages in queues, not acknowledged ones included.",
        kind::gauge,
        n.queued_messages);
    add("anywire_stomp_queued_bytes", "Their bytes.", kind::gauge, n.queued_bytes);
    add("anywire_stomp_unacknowledged",
        "Messages of queues that clients have and have not acknowledged.",
        kind::gauge,
        n.unacknowledged);
    add("anywire_stomp_redeliveries",
        "Messages of queues that were delivered again.",
        kind::counter,
        n.redeliveries);
    add("anywire_stomp_dead_letters",
        "Messages of queues that nobody gets.",
        kind::counter,
        n.dead_letters);
    if (!n.relay) return;
    add("anywire_stomp_broker_up",
        "Whether the broker behind is there.",
        kind::gauge,
        n.relay->is_there ? 1 : 0);
    add("anywire_stomp_broker_held_bytes",
        "Bytes of the application's messages that the broker has not confirmed.",
        kind::gauge,
        n.relay->held_bytes);
    add("anywire_stomp_broker_losses",
        "Times that the broker was lost.",
        kind::counter,
        n.relay->losses);
    add("anywire_stomp_broker_left_out",
        "Messages of the application's that the broker has refused.",
        kind::counter,
        n.relay->left_out);
}

}  // namespace

handlers stomp::attach(service& to, stomp::server const& broker) {
    auto& core = to.core();
    auto const& own = broker.core();
    auto const is_first = !own->is_attached();
    if (is_first && core.has_begun)
        throw std::logic_error("a stomp::server is mounted first before requests are served");
    own->attach(core.group_of_shards());
    if (is_first) {
        core.at_end.emplace_back([own] { own->on_shards_gone(); });
        to.add_numbers([own](number_families& all) { append_numbers(all, own->numbers()); });
    }
    return own->handlers_for_mount();
}

}  // namespace anywire

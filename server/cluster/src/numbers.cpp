#include "numbers.hpp"

#include "cluster_core.hpp"

#include <utility>

namespace anywire::relay {

cluster_numbers cluster_core::numbers() const noexcept {
    auto const& t = tallies_;
    return {.carried = t.carried,
            .tunnelled = t.tunnelled,
            .not_carried = t.not_carried,
            .unknown = t.unknown,
            .turned_away = t.turned_away,
            .served = t.served,
            .refused = t.refused,
            .asked = t.asked,
            .unanswered = t.unanswered,
            .under_way = t.under_way,
            .nodes = t.nodes};
}

void append_numbers(number_families& to, cluster_numbers const& n) {
    using enum number_family::kind;
    using samples = std::vector<number_family::sample>;
    auto const add = [&](char const* name, auto is, char const* help, samples all) {
        to.push_back({.name = std::string("anywire_cluster_").append(name),
                      .help = help,
                      .is = is,
                      .samples = std::move(all)});
    };
    add("nodes", gauge, "Other nodes that live, as the registry has it.", {{n.nodes}});
    add("requests",
        counter,
        "Requests for sessions that were not here, by what became of them.",
        {{n.carried, {{"outcome", "carried"}}},
         {n.not_carried, {{"outcome", "not_carried"}}},
         {n.unknown, {{"outcome", "unknown"}}},
         {n.turned_away, {{"outcome", "turned_away"}}}});
    add("websockets", counter, "Carried requests that became a WebSocket.", {{n.tunnelled}});
    add("under_way",
        gauge,
        "Requests on their way to other nodes, and WebSockets there.",
        {{n.under_way}});
    add("connections",
        counter,
        "Connections to the internal listener.",
        {{n.served, {{"outcome", "let_in"}}}, {n.refused, {{"outcome", "refused"}}}});
    add("registry_questions", counter, "Questions to the registry about sessions.", {{n.asked}});
    add("registry_unanswered",
        counter,
        "Of these: those that it did not answer in time, or at all.",
        {{n.unanswered}});
}

}  // namespace anywire::relay

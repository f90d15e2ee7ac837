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

handlers stomp::attach(service& to, stomp::server const& broker) {
    auto& core = to.core();
    auto const& own = broker.core();
    auto const is_first = !own->is_attached();
    if (is_first && core.has_begun)
        throw std::logic_error("a stomp::server is mounted first before requests are served");
    own->attach(core.group_of_shards());
    if (is_first) core.at_end.emplace_back([own] { own->on_shards_gone(); });
    return own->handlers_for_mount();
}

}  // namespace anywire

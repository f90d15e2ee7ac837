#pragma once

#include <anywire/endpoint.hpp>
#include <anywire/server.hpp>

#include "shard_state.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace anywire::gateway {

/// A route with what is mounted for it.
struct served_route {
    std::shared_ptr<route> on{};
    // Of each front that the route has.
    std::optional<endpoint> websocket{};
    std::optional<endpoint> sockjs{};
    std::optional<endpoint> engineio{};

    [[nodiscard]] std::vector<endpoint> endpoints() const {
        std::vector<endpoint> all;
        for (auto const& e : {websocket, sockjs, engineio})
            if (e) all.push_back(*e);
        return all;
    }
};

/// Mounts the fronts of a route.
///
/// Throws: as `service::mount`.
[[nodiscard]] served_route mount_fronts(server& to, std::shared_ptr<route> const& r);

/// The same in place of those of an older one at the same path, whose sessions live on.
///
/// Throws: as `service::remount`.
[[nodiscard]] served_route remount_fronts(server& to,
                                          std::shared_ptr<route> const& r,
                                          served_route const& old);

/// Takes the fronts of a route away; its sessions live on.
void unmount_fronts(server& from, served_route const& old);

}  // namespace anywire::gateway

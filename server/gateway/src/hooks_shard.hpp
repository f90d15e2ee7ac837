#pragma once

#include "backend.hpp"
#include "forward_fields.hpp"
#include "settings.hpp"
#include "socket_network.hpp"
#include "text_template.hpp"
#include "upstreams.hpp"

#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace anywire::gateway {

class hook_session;

/// What is the same for all sessions of a route with hooks. Constant.
struct hooks_plan {
    hooks_plan(route_settings const& s, std::shared_ptr<upstreams> servers);

    route_settings settings;
    std::shared_ptr<upstreams> servers;
    forward_fields fields;
    std::vector<text_template> urls{};  ///< For each server.
};

/// What one shard has of a route with hooks: its connections, and whose POSTs are under way.
///
/// Thread: the shard's.
class hooks_shard {
public:
    hooks_shard(shard_place& here, std::shared_ptr<hooks_plan const> plan);
    hooks_shard(hooks_shard const&) = delete;
    hooks_shard& operator=(hooks_shard const&) = delete;
    ~hooks_shard();

    /// A session of it, which goes by `end`.
    hook_session& add(link_opening const& what, link_events& to);
    void end(hook_session const& s);

    hooks_plan const& plan() const noexcept { return *plan_; }
    shard_place& place() noexcept { return place_; }
    /// Null where TLS cannot be set up; `wrong` says why.
    socket_network* network() noexcept { return network_.get(); }
    std::string const& wrong() const noexcept { return wrong_; }
    void note(std::string_view what) const;

    /// Whether another POST may be made now; else `s` hears `on_turn` in its turn.
    bool take_turn(hook_session& s);
    void give_turn();
    /// It waits no more.
    void forget(hook_session& s) { waiting_.remove(&s); }

private:
    shard_place& place_;
    std::shared_ptr<hooks_plan const> plan_;
    std::string wrong_{};
    std::unique_ptr<socket_network> network_;
    std::size_t under_way_ = 0;
    std::list<hook_session*> waiting_{};
    std::unordered_map<hook_session const*, std::unique_ptr<hook_session>> sessions_{};
};

}  // namespace anywire::gateway

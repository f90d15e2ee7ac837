#pragma once

#include <anywire/endpoint_bus.hpp>

#include "bus_packet.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace anywire::stomp {

class stomp_core;

/// The clients of this node, for a bus that connects it with others: its members are the clients,
/// by their ids, and its rooms are the users.
///
/// Thread: any.
class node_hub final : public local_sessions {
public:
    /// An empty `make`: there are no other nodes.
    ///
    /// Throws: `std::invalid_argument` where no bus is made.
    node_hub(stomp_core& core, bus_maker const& make);
    ~node_hub();
    node_hub(node_hub const&) = delete;
    node_hub& operator=(node_hub const&) = delete;

    /// The bus may tell of what others send from now on.
    void begin() { bus_->init(); }
    /// No shard runs any more.
    void end() noexcept;
    /// To the clients of all nodes, this one's first.
    void send(bus_packet const& p);
    /// Asks all nodes.
    void ask_users(names_fn then) { bus_->all_rooms(std::move(then)); }
    void ask_clients_of(std::string_view user, names_fn then);

    // -- local_sessions
    void broadcast(message_ptr packet, audience to, send_flags flags) override;
    void all_rooms(names_fn then) override;
    void members_of(audience of, names_fn then) override;
    void count_of(audience of, count_fn then) override;
    void rooms_of(std::string_view member, names_fn then) override;
    std::weak_ptr<void const> handle() noexcept override;
    std::function<void(std::function<void()>)> teller() override;

private:
    stomp_core& core_;
    bool is_alone_;
    std::unique_ptr<endpoint_bus> bus_;
};

}  // namespace anywire::stomp

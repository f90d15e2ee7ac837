#pragma once

#include "adapters/cluster_link.hpp"

#include <cstdint>
#include <mutex>

namespace anywire::redis {

/// A namespace among servers with the sharded adapter of @socket.io/redis-adapter.
class sharded_link final : public cluster_link {
public:
    sharded_link(std::shared_ptr<port> at, local_sockets& here, sharded_options const& with);

    void open() override;
    void close() override;
    bool watches_rooms() const noexcept override { return mode_ != subscription_mode::fixed; }
    void on_room(room_change what, std::string const& room) override;

private:
    void tell(cluster_message const& m) override;
    void answer(cluster_message const& to, cluster_message const& m) override;
    void count_servers(port::count_fn then) override;
    std::string channel_of_all() const override { return channel_; }

    /// Whether broadcasts to that room alone have a channel of their own.
    bool has_channel(std::string_view room) const noexcept;
    subscription hear(std::string const& channel);
    void on_channel(channel_message const& m);

    struct room_state {
        /// Those who joined without those who left, told of by several shards in any order.
        std::int64_t members = 0;
        subscription heard{};
    };

    std::string channel_;  // of all servers
    subscription_mode mode_;
    subscription everybody_{};
    subscription own_{};
    subscription ends_{};
    std::mutex mutex_{};
    bool is_open_ = false;
    keyed_map<room_state> rooms_;
};

/// As `sharded_adapter`.
[[nodiscard]] adapter_maker make_sharded_adapter(std::shared_ptr<port> at, sharded_options with);

}  // namespace anywire::redis

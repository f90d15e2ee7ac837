#pragma once

#include "adapters/cluster_link.hpp"
#include "adapters/pubsub_codec.hpp"

namespace anywire::redis {

/// A namespace among servers with @socket.io/redis-adapter.
class pubsub_link final : public cluster_link {
public:
    pubsub_link(std::shared_ptr<port> at, local_sockets& here, pubsub_options const& with);

    void open() override;
    void close() override;
    void all_rooms(names_fn then) override;
    void members_of(audience of, names_fn then) override;
    /// So that what is for rooms that nobody is in here is not even read.
    bool watches_rooms() const noexcept override { return true; }

private:
    void tell(cluster_message const& m) override;
    void answer(cluster_message const& to, cluster_message const& m) override;
    void count_servers(port::count_fn then) override;
    std::string_view id_alphabet() const noexcept override { return url_alphabet; }

    void on_broadcast(channel_message const& m);
    void on_request(channel_message const& m);
    void on_response(channel_message const& m);

    pubsub::channels channels_;
    bool answers_on_own_channel_;
    std::vector<subscription> subscriptions_{};
};

/// As `pubsub_adapter`.
[[nodiscard]] adapter_maker make_pubsub_adapter(std::shared_ptr<port> at, pubsub_options with);

}  // namespace anywire::redis

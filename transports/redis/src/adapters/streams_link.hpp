#pragma once

#include "adapters/cluster_link.hpp"
#include "adapters/stream_hub.hpp"

namespace anywire::redis {

/// A namespace among servers with @socket.io/redis-streams-adapter.
class streams_link final : public cluster_link {
public:
    streams_link(std::shared_ptr<stream_port> at,
                 local_sockets& here,
                 streams_options const& with,
                 std::shared_ptr<stream_hub> hub);

    void open() override;
    void close() override;
    void broadcast(encoded event, audience to, emit_flags flags) override;
    bool numbers_events() const noexcept override { return true; }
    void persist_session(socketio::stored_session s) override;
    void restore_session(std::string_view pid,
                         std::optional<std::string> offset,
                         restored_fn then) override;

private:
    void tell(cluster_message const& m) override;
    void answer(cluster_message const& to, cluster_message const& m) override;
    void count_servers(port::count_fn then) override;
    void tell_and_do(cluster_message const& m, std::function<void(local_sockets&)> fn) override;

    void on_channel(channel_message const& m);
    void on_entry(entry_id id, entry_fields const& fields);
    bool recovers() const noexcept { return here_.recovery().enabled; }

    std::shared_ptr<stream_port> stream_port_;
    streams_options options_;
    std::string channel_;
    channel_kind kind_;
    std::shared_ptr<stream_hub> hub_;
    std::vector<subscription> subscriptions_{};
};

/// As `streams_adapter`.
[[nodiscard]] adapter_maker make_streams_adapter(std::shared_ptr<stream_port> at,
                                                 streams_options with);

}  // namespace anywire::redis

#pragma once

#include "adapters/cluster_message.hpp"
#include "adapters/stream_hub.hpp"
#include "port.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace anywire::redis {

/// How a client that was cut off gets its session back, here or on another server than before: its
/// session is taken out of Redis, and what it has missed is read from the stream up to what has
/// been delivered here. From there the namespace's own log goes on.
///
/// Thread: begun on any; then where the port runs.
class stream_recovery : public std::enable_shared_from_this<stream_recovery> {
public:
    struct terms {
        std::string session_key{};
        std::string nsp{};
        std::uint32_t page = 100;
        std::size_t max_bytes = 0;
        wire_limits limits{};
        data_codec data{};
    };
    using then_fn = std::function<void(socketio::restore_error, socketio::restored_session)>;

    /// `position` gives that of the namespace's log.
    stream_recovery(std::shared_ptr<stream_port> at,
                    std::shared_ptr<stream_hub> hub,
                    terms with,
                    std::function<std::uint64_t()> position,
                    then_fn then);

    /// Whatever comes of it, nobody else gets the session.
    void begin(std::optional<std::string> const& offset);

private:
    void on_session(error_code e, reply const& r);
    void on_offset(error_code e, reply const& r);
    void read_page();
    void on_page(error_code e, reply const& r);
    /// False where it is more than may be sent.
    bool take(reply const& entry);
    bool is_meant(audience const& to) const;
    void finish(socketio::restore_error why);

    std::shared_ptr<stream_port> port_;
    std::shared_ptr<stream_hub> hub_;
    terms terms_;
    std::function<std::uint64_t()> position_;
    then_fn then_;
    std::optional<entry_id> from_{};
    entry_id until_{};
    std::size_t bytes_ = 0;
    socketio::restored_session found_{};
};

}  // namespace anywire::redis

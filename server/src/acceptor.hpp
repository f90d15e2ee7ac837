#pragma once

#include "core/timer_wheel.hpp"
#include "descriptor_owner.hpp"
#include "newcomer.hpp"
#include "shard.hpp"
#include "tls_source.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <sys/socket.h>

namespace anywire {

namespace net = boost::asio;

/// What is the same for all connections of a listener.
struct listener_traits {
    tls_source const* tls = nullptr;
    bool reads_proxy_header = false;
    connection_intake* intake = nullptr;  ///< Null: they speak HTTP.
    /// Else no limit of clients applies, and it is open while the shard drains, until its end.
    bool is_for_clients = true;
};

/// Accepts the connections of one listener on one shard.
class acceptor final : public shard_source, public timer_node {
public:
    /// `socket` listens, and does not block.
    acceptor(shard& owner, descriptor_owner socket, listener_traits traits);
    ~acceptor() override;

    void start() override;
    void close() noexcept override;
    bool outlives_drain() const noexcept override { return !traits_.is_for_clients; }

    /// After a pause for want of descriptors.
    void on_timer(tick now) override;

private:
    void wait();
    void accept_some();
    /// False when there is nothing more to accept now.
    bool accept_one();
    void out_of_descriptors();
    void pause() noexcept;
    void admit(descriptor_owner socket, sockaddr_storage const& from);

    shard& shard_;
    net::posix::stream_descriptor socket_;
    listener_traits traits_;
    int spare_ = -1;  // given up for a moment to turn a caller away when descriptors run out
    bool closed_ = false;
    bool complained_ = false;
};

}  // namespace anywire

#pragma once

#include "core/timer_wheel.hpp"
#include "shard.hpp"
#include "tls.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <sys/socket.h>

namespace anywire {

namespace net = boost::asio;

using tcp_acceptor = net::ip::tcp::acceptor;

/// Binds and listens. With `shared`, the port may be bound by further shards (SO_REUSEPORT).
///
/// Throws: `std::system_error`; the text names the address and what to change.
tcp_acceptor listen_on(net::any_io_executor const& executor,
                       std::string const& address,
                       std::uint16_t port,
                       bool shared);

/// Accepts the connections of one listener on one shard.
class acceptor final : public shard_source, public timer_node {
public:
    acceptor(shard& owner, tcp_acceptor socket, tls_context const* tls);
    ~acceptor() override;

    void start() override;
    void close() noexcept override;

    /// After a pause for want of descriptors.
    void on_timer(tick now) override;

private:
    void wait();
    void accept_some();
    /// False when there is nothing more to accept now.
    bool accept_one();
    void out_of_descriptors();
    void pause() noexcept;
    void admit(int descriptor, sockaddr_storage const& from);

    shard& shard_;
    tcp_acceptor socket_;
    tls_context const* tls_;
    int spare_ = -1;  // given up for a moment to turn a caller away when descriptors run out
    bool closed_ = false;
    bool complained_ = false;
};

}  // namespace anywire

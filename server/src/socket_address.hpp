#pragma once

#include <cstdint>
#include <string>
#include <sys/socket.h>

namespace anywire {

/// Connections that may wait to be accepted; the kernel has a bound of its own.
inline constexpr int listen_backlog = 4096;

/// The address of a socket's end: a literal IP, IPv4 also where the socket is IPv6.
struct socket_address {
    std::string text{};  ///< For a Unix domain socket the path.
    std::uint16_t port = 0;
};

socket_address address_from(sockaddr_storage const& from, socklen_t size);
/// That a socket is bound to.
socket_address local_address(int socket);

/// The address of a client that was accepted: "unix:" on a Unix domain socket.
std::string client_address(sockaddr_storage const& from);

}  // namespace anywire

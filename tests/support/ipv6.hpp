#pragma once

#include <catch2/catch.hpp>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace anywire::test {

/// Whether this machine has the address ::1; says so where it has not.
inline bool has_ipv6() {
    auto const s = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in6 at{};
    at.sin6_family = AF_INET6;
    at.sin6_addr = in6addr_loopback;
    auto const has = s >= 0 && ::bind(s, reinterpret_cast<sockaddr const*>(&at), sizeof at) == 0;
    if (s >= 0) ::close(s);
    if (!has) WARN("this machine has no ::1: nothing is checked with it");
    return has;
}

}  // namespace anywire::test

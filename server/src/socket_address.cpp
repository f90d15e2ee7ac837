#include "socket_address.hpp"

#include "address_text.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <netinet/in.h>
#include <string_view>
#include <sys/un.h>

namespace anywire {
namespace {

std::string_view bytes_of(void const* from, std::size_t size) noexcept {
    return {static_cast<char const*>(from), size};
}

std::string path_of(sockaddr_un const& from, socklen_t size) {
    constexpr auto head = offsetof(sockaddr_un, sun_path);
    if (size <= head) return {};
    std::string path(from.sun_path, std::min(size - head, sizeof from.sun_path));
    if (path.starts_with('\0')) path.front() = '@';  // not in the file system; as others write it
    return path.substr(0, path.find('\0'));
}

}  // namespace

socket_address address_from(sockaddr_storage const& from, socklen_t size) {
    if (from.ss_family == AF_INET) {
        auto const& v4 = reinterpret_cast<sockaddr_in const&>(from);
        return {http::to_text(http::mapped(bytes_of(&v4.sin_addr, sizeof v4.sin_addr))),
                ntohs(v4.sin_port)};
    }
    if (from.ss_family == AF_UNIX)
        return {path_of(reinterpret_cast<sockaddr_un const&>(from), size)};
    auto const& v6 = reinterpret_cast<sockaddr_in6 const&>(from);
    http::address_bytes bytes;
    std::copy(std::begin(v6.sin6_addr.s6_addr), std::end(v6.sin6_addr.s6_addr), bytes.begin());
    return {http::to_text(bytes), ntohs(v6.sin6_port)};
}

socket_address local_address(int socket) {
    sockaddr_storage at{};
    socklen_t size = sizeof at;
    if (::getsockname(socket, reinterpret_cast<sockaddr*>(&at), &size) != 0) return {};
    return address_from(at, size);
}

std::string client_address(sockaddr_storage const& from) {
    if (from.ss_family == AF_UNIX) return std::string(http::unix_address);
    return address_from(from, sizeof from).text;
}

}  // namespace anywire

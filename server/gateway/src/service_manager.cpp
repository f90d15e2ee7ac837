#include "service_manager.hpp"

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace anywire::gateway {

void notify_service_manager(std::string_view state) noexcept {
    auto const* const path = std::getenv("NOTIFY_SOCKET");
    if (path == nullptr || (*path != '/' && *path != '@')) return;
    sockaddr_un to{};
    auto const length = std::strlen(path);
    if (length >= sizeof to.sun_path) return;
    to.sun_family = AF_UNIX;
    std::memcpy(to.sun_path, path, length);
    if (to.sun_path[0] == '@') to.sun_path[0] = '\0';  // the kernel's own names begin with it
    auto const socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket < 0) return;
    auto const size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
    (void)::sendto(socket,
                   state.data(),
                   state.size(),
                   MSG_NOSIGNAL,
                   reinterpret_cast<sockaddr const*>(&to),
                   size);
    (void)::close(socket);
}

}  // namespace anywire::gateway

#include "unix_listener.hpp"

#include "socket_address.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <stdexcept>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>

namespace anywire {
namespace {

constexpr std::uint32_t any_permission = 0777;

[[noreturn]] void fail(int error, std::string const& path, char const* advice = "") {
    throw std::system_error(
        error, std::system_category(), "cannot listen on unix:" + path + advice);
}

sockaddr_un address_of(std::string const& path) {
    sockaddr_un out{};
    out.sun_family = AF_UNIX;
    if (path.size() >= sizeof out.sun_path || path.find('\0') != std::string::npos)
        throw std::invalid_argument(
            "listener_options: the path of a Unix domain socket has at "
            "most 107 bytes: '" +
            path + "'");
    std::memcpy(out.sun_path, path.data(), path.size());
    return out;
}

descriptor_owner new_socket() {
    return descriptor_owner(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

/// While it lives, nobody else who asks the same goes on in that folder: of two servers that start
/// at once, one would remove the other's new file as a stale one. A folder that may not be read is
/// not locked.
class folder_lock {
public:
    explicit folder_lock(std::string const& path) {
        auto const folder = std::filesystem::path(path).parent_path();
        descriptor_ = descriptor_owner(
            ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (descriptor_.get() < 0) return;
        while (::flock(descriptor_.get(), LOCK_EX) != 0 && errno == EINTR) {
        }
    }

private:
    descriptor_owner descriptor_{};
};

/// Removes a socket's file that nobody listens at. Throws when somebody does, and for what is no
/// socket.
void remove_stale(std::string const& path, sockaddr_un const& address) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) {
        if (errno == ENOENT) return;
        fail(errno, path);
    }
    if (!S_ISSOCK(status.st_mode)) fail(EEXIST, path, ": it is there, and is no socket");
    auto const probe = new_socket();
    if (probe.get() < 0) fail(errno, path);
    auto const connected =
        ::connect(probe.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0;
    // EAGAIN: somebody listens, and is busy.
    if (connected || errno == EAGAIN) fail(EADDRINUSE, path, ": somebody listens at it");
    if (errno == ENOENT) return;
    if (errno != ECONNREFUSED) fail(errno, path, ": it is there, and cannot be asked who listens");
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) fail(errno, path);
}

}  // namespace

socket_file::socket_file(std::string path) : path_(std::filesystem::absolute(path)) {
    struct stat status {};
    if (::lstat(path_.c_str(), &status) != 0) return;
    device_ = status.st_dev;
    inode_ = status.st_ino;
}

socket_file::~socket_file() {
    struct stat status {};
    if (::lstat(path_.c_str(), &status) == 0 && S_ISSOCK(status.st_mode) &&
        status.st_dev == device_ && status.st_ino == inode_)
        (void)::unlink(path_.c_str());
}

listening_sockets listen_on_path(std::string const& path, std::uint32_t mode) {
    auto const address = address_of(path);
    if (mode > any_permission)
        throw std::invalid_argument("listener_options: mode must be permissions, at most 0777");
    folder_lock const lock(path);
    remove_stale(path, address);
    auto socket = new_socket();
    if (socket.get() < 0 ||
        ::bind(socket.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0)
        fail(errno, path);
    listening_sockets out{.address = path, .is_unix = true};
    out.file = std::make_unique<socket_file>(path);
    // Before it listens: nobody can connect with other permissions than these.
    if (::chmod(path.c_str(), static_cast<mode_t>(mode)) != 0 ||
        ::listen(socket.get(), listen_backlog) != 0)
        fail(errno, path);
    out.each.push_back(std::move(socket));
    return out;
}

}  // namespace anywire

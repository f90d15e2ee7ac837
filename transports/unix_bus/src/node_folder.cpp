#include "node_folder.hpp"

#include "node_frames.hpp"
#include "private_folder.hpp"

#include <cerrno>
#include <dirent.h>
#include <string_view>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace anywire::mesh {
namespace {

constexpr std::string_view suffix = ".sock";
constexpr std::size_t most_path = 70;  // with a node's name and `suffix`, it fits into an address
constexpr int backlog = 1024;

[[noreturn]] void fail(int error, std::string const& path, std::string const& what) {
    throw std::system_error(error, std::system_category(), "unix_bus: " + what + " '" + path + "'");
}

sockaddr_un address_of(std::string const& path) noexcept {
    sockaddr_un out{};
    out.sun_family = AF_UNIX;
    path.copy(out.sun_path, sizeof out.sun_path - 1);
    return out;
}

int new_socket() noexcept {
    return ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

bool is_ours(int socket) noexcept {
    ucred who{};
    socklen_t size = sizeof who;
    return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 &&
           (who.uid == ::geteuid() || who.uid == 0);
}

void close_keeping_error(int descriptor) noexcept {
    auto const error = errno;
    ::close(descriptor);
    errno = error;
}

}  // namespace

node_folder::node_folder(std::string const& path, std::string node)
    : path_(private_folder(path, "unix_bus_options::folder", most_path)), node_(std::move(node)) {
    list();
}

node_folder::~node_folder() {
    remove_own();
    if (listener_ >= 0) ::close(listener_);
}

bool node_folder::is_listed() const noexcept {
    struct stat status {};
    return ::lstat(path_of(node_).c_str(), &status) == 0 && status.st_dev == device_ &&
           status.st_ino == inode_;
}

void node_folder::list() {
    auto const path = path_of(node_);
    // Not by its name yet: whoever finds a socket that does not listen takes it for a dead one.
    auto const hidden = path + "-";
    auto const made = new_socket();
    if (made < 0) fail(errno, path, "cannot make a socket for");
    auto const address = address_of(hidden);
    (void)::unlink(hidden.c_str());
    constexpr mode_t ours_alone = 0600;
    if (::bind(made, reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0 ||
        ::chmod(hidden.c_str(), ours_alone) != 0 || ::listen(made, backlog) != 0 ||
        ::rename(hidden.c_str(), path.c_str()) != 0) {
        close_keeping_error(made);
        fail(errno, path, "cannot listen at");
    }
    if (listener_ >= 0) ::close(listener_);
    listener_ = made;
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) return;
    device_ = status.st_dev;
    inode_ = status.st_ino;
}

void node_folder::remove_own() noexcept {
    if (is_listed()) (void)::unlink(path_of(node_).c_str());
}

int node_folder::accept(bool& is_foreign) noexcept {
    is_foreign = false;
    auto const taken = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (taken < 0 || is_ours(taken)) return taken;
    ::close(taken);
    is_foreign = true;
    return taken;
}

std::vector<std::string> node_folder::others(std::size_t most) const {
    std::vector<std::string> out;
    auto* const folder = ::opendir(path_.c_str());
    if (!folder) return out;
    while (auto const* const entry = ::readdir(folder)) {
        std::string_view name(entry->d_name);
        if (!name.ends_with(suffix)) continue;
        name.remove_suffix(suffix.size());
        if (is_node_name(name) && name != node_ && out.size() < most) out.emplace_back(name);
    }
    ::closedir(folder);
    return out;
}

int node_folder::dial(std::string const& node) const noexcept {
    auto const path = path_of(node);
    auto const address = address_of(path);
    auto const made = new_socket();
    if (made < 0) return -1;
    // A Unix domain socket is connected at once, or not at all.
    if (::connect(made, reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0)
        return made;
    if (errno == ECONNREFUSED) {
        (void)::unlink(path.c_str());
        errno = ECONNREFUSED;
    }
    close_keeping_error(made);
    return -1;
}

}  // namespace anywire::mesh

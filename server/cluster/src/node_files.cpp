#include "node_files.hpp"

#include "node_mark.hpp"

#include <array>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace anywire::relay {
namespace {

using namespace std::chrono;

constexpr std::size_t most_nodes_listed = 1'024;
constexpr std::size_t most_address = 300;
constexpr mode_t ours_alone = 0600;

nanoseconds now() {
    return duration_cast<nanoseconds>(steady_clock::now().time_since_epoch());
}

bool set_until(int file, milliseconds lives) noexcept {
    auto const until = now() + lives;
    auto const s = duration_cast<seconds>(until);
    timespec const at{s.count(), (until - s).count()};
    std::array<timespec, 2> const times{at, at};
    return ::futimens(file, times.data()) == 0;
}

bool is_past(struct stat const& status) {
    return seconds(status.st_mtim.tv_sec) + nanoseconds(status.st_mtim.tv_nsec) <= now();
}

bool is_at(std::string const& path, int file) noexcept {
    struct stat there {};
    struct stat here {};
    return ::lstat(path.c_str(), &there) == 0 && ::fstat(file, &here) == 0 &&
           there.st_dev == here.st_dev && there.st_ino == here.st_ino;
}

error_code in_use() {
    return boost::system::errc::make_error_code(boost::system::errc::address_in_use);
}

}  // namespace

error_code system_failure() {
    return {errno, boost::system::system_category()};
}

node_files::node_files(std::string folder) : folder_(std::move(folder)) {
    constexpr mode_t folder_mode = 0700;
    if (::mkdir(folder_.c_str(), folder_mode) != 0 && errno != EEXIST)
        throw std::system_error(
            errno, std::system_category(), "cannot make the folder '" + folder_ + "'");
}

error_code node_files::announce(registered_node const& node, milliseconds lives) {
    std::scoped_lock const lock(mutex_);
    auto const known = own_.find(node.id);
    if (known == own_.end()) return publish(node, lives);
    if (known->second.address != node.address && is_alive(node.id)) return in_use();
    auto const is_there = is_at(path_of(node.id), known->second.lock.get());
    if (is_there && known->second.address == node.address)
        return set_until(known->second.lock.get(), lives) ? error_code{} : system_failure();
    own_.erase(known);  // somebody has cleaned up, or another node had drawn the same id
    return publish(node, lives);
}

/// Makes the file under another name, and gives it its own when nothing is missing.
error_code node_files::publish(registered_node const& node, milliseconds lives) {
    if (!node_number_of(node.id))
        return boost::system::errc::make_error_code(boost::system::errc::invalid_argument);
    auto const path = path_of(node.id);
    auto const made_at = path + "." + std::to_string(::getpid());
    (void)::unlink(made_at.c_str());
    descriptor_owner file(
        ::open(made_at.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, ours_alone));
    auto const& address = node.address;
    auto const is_made = file.get() >= 0 && ::flock(file.get(), LOCK_EX | LOCK_NB) == 0 &&
                         ::write(file.get(), address.data(), address.size()) ==
                             static_cast<ssize_t>(address.size()) &&
                         set_until(file.get(), lives);
    auto failed = is_made ? error_code{} : system_failure();
    if (is_made && ::link(made_at.c_str(), path.c_str()) != 0) {
        failed = system_failure();
        if (failed.value() == EEXIST && is_alive(node.id)) failed = in_use();
        if (failed.value() == EEXIST)  // a dead node's
            failed = ::rename(made_at.c_str(), path.c_str()) == 0 ? error_code{} : system_failure();
    }
    (void)::unlink(made_at.c_str());
    if (!failed) own_.insert_or_assign(node.id, own_node{std::move(file), address});
    return failed;
}

void node_files::withdraw(std::string const& id) {
    std::scoped_lock const lock(mutex_);
    auto const known = own_.find(id);
    if (known == own_.end()) return;
    auto const path = path_of(id);
    if (is_at(path, known->second.lock.get())) (void)::unlink(path.c_str());
    own_.erase(known);
}

std::optional<node_files::state> node_files::read(std::string const& id) const {
    descriptor_owner const file(
        ::open(path_of(id).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
    struct stat status {};
    std::array<char, most_address> bytes{};
    if (file.get() < 0 || ::fstat(file.get(), &status) != 0) return std::nullopt;
    auto const n = ::read(file.get(), bytes.data(), bytes.size());
    if (n < 0) return std::nullopt;
    auto const is_locked = ::flock(file.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    return state{std::string(bytes.data(), static_cast<std::size_t>(n)),
                 is_locked,
                 is_locked && !is_past(status)};
}

bool node_files::is_alive(std::string const& id) const {
    if (!node_number_of(id)) return false;
    auto const found = read(id);
    return found && found->is_heard;
}

error_code node_files::look(view& out) const {
    auto* const folder = ::opendir(folder_.c_str());
    if (!folder) return system_failure();
    while (auto const* const entry = ::readdir(folder)) {
        std::string id(entry->d_name);
        if (!node_number_of(id) || out.alive.size() + out.dead.size() >= most_nodes_listed)
            continue;
        auto found = read(id);
        if (!found) continue;
        if (found->is_heard)
            out.alive.push_back({std::move(id), std::move(found->address)});
        else if (!found->is_locked)
            out.dead.push_back(std::move(id));
    }
    ::closedir(folder);
    return {};
}

void node_files::remove_dead(std::string const& id) const {
    auto const found = read(id);
    if (found && !found->is_locked) (void)::unlink(path_of(id).c_str());
}

}  // namespace anywire::relay

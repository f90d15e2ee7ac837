#pragma once

#include <cstddef>
#include <string>
#include <sys/types.h>
#include <vector>

namespace anywire::mesh {

/// The folder in which nodes find each other, with this one's own socket in it: NAME.sock. A socket
/// is there from the moment it listens, so one that refuses belongs to nobody any more.
///
/// Thread: one at a time.
class node_folder {
public:
    /// Makes the folder where it is not there.
    ///
    /// Throws: `std::invalid_argument` for one that is not this user's alone, or has too long a
    ///         path; `std::system_error`.
    node_folder(std::string const& path, std::string node);
    node_folder(node_folder const&) = delete;
    node_folder& operator=(node_folder const&) = delete;
    /// Removes the socket's file.
    ~node_folder();

    std::string const& node() const noexcept { return node_; }
    /// Listens at it, without blocking.
    int listener() const noexcept { return listener_; }
    /// The next node that has connected, -1 where none has, or -1 and `errno` where it cannot be
    /// taken in. `is_foreign` where it is another user's: then it is closed already, and not -1.
    int accept(bool& is_foreign) noexcept;

    /// Whether the socket's own file is still there: others would not find this node without.
    bool is_listed() const noexcept;
    /// Listens anew, where it is not.
    ///
    /// Throws: `std::system_error`.
    void list();

    /// The names of other nodes, dead ones among them, at most so many.
    std::vector<std::string> others(std::size_t most) const;
    /// A socket to another node. -1, and `errno`, where that cannot be had; a file at which nobody
    /// listens is removed then (ECONNREFUSED).
    int dial(std::string const& node) const noexcept;

private:
    std::string path_of(std::string const& node) const { return path_ + "/" + node + ".sock"; }
    void remove_own() noexcept;

    std::string path_;
    std::string node_;
    int listener_ = -1;
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

}  // namespace anywire::mesh

#pragma once

#include <anywire/session_registry.hpp>

#include "descriptor_owner.hpp"

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace anywire::relay {

/// The nodes of a host as files in a folder, each named by its id and locked for as long as its
/// process lives. A file is there from the moment it is locked, with all that it says, so one that
/// is not locked belongs to nobody any more.
///
/// Its time of change is that until which the node is believed to live, in seconds since the host
/// began: clocks that are set do not matter.
///
/// Thread: any.
class node_files {
public:
    /// Makes the folder where it is not there. Throws: `std::system_error`.
    explicit node_files(std::string folder);

    error_code announce(registered_node const& node, std::chrono::milliseconds lives);
    void withdraw(std::string const& id);
    /// Whether a node lives, and has said so lately.
    bool is_alive(std::string const& id) const;

    struct view {
        std::vector<registered_node> alive{};
        std::vector<std::string> dead{};  ///< Have ended without a word.
    };
    error_code look(view& out) const;
    /// Removes the file of one that has ended.
    void remove_dead(std::string const& id) const;

private:
    struct state {
        std::string address{};
        bool is_locked = false;  // its process lives
        bool is_heard = false;   // and has said so lately
    };
    struct own_node {
        descriptor_owner lock{};
        std::string address{};
    };

    std::string path_of(std::string const& id) const { return folder_ + "/" + id; }
    std::optional<state> read(std::string const& id) const;
    error_code publish(registered_node const& node, std::chrono::milliseconds lives);

    std::string folder_;
    std::mutex mutex_{};
    std::map<std::string, own_node> own_{};
};

/// The error of the system call that has just failed.
error_code system_failure();

}  // namespace anywire::relay

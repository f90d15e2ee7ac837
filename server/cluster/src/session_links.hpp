#pragma once

#include <anywire/error.hpp>

#include "descriptor_owner.hpp"
#include "node_files.hpp"

#include <atomic>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::relay {

/// Who has which session: symbolic links in a folder. Making one fails where there is one already,
/// so that of two claims one comes first.
///
/// Thread: any, in any process.
class session_links {
public:
    /// Makes the folder where it is not there. Throws: `std::system_error`.
    session_links(std::string const& folder, node_files const& nodes);

    /// `owner` is who has it then.
    error_code claim(std::string_view session, std::string const& node, std::string& owner) const;
    /// `owner` is empty where nobody has it who lives.
    error_code find(std::string_view session, std::string& owner) const;
    void release(std::string_view session, std::string const& node) const;

    /// Removes all that belongs to nodes that have ended; until then, at the latest. False where
    /// something may be left.
    bool sweep(std::vector<std::string> const& dead, std::atomic<bool> const& until) const;

private:
    error_code read(std::string const& name, std::string& owner) const;
    error_code remove_stale(std::string const& name,
                            std::string const& owner,
                            std::chrono::milliseconds patience) const;

    std::string lock_;
    node_files const& nodes_;
    descriptor_owner folder_;
};

}  // namespace anywire::relay

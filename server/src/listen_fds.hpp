#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace anywire {

/// What systemd says in LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES; nothing where one is not set.
struct listen_variables {
    std::optional<std::string_view> pid{};
    std::optional<std::string_view> count{};
    std::optional<std::string_view> names{};
};

/// The descriptors that are passed to process `pid`, those called `name` or, where that is empty,
/// all.
///
/// Spec:   sd_listen_fds(3).
/// Throws: `std::invalid_argument` for numbers that are not valid.
std::vector<int> listen_descriptors(listen_variables const& v, long pid, std::string_view name);

}  // namespace anywire

#pragma once

#include "listening_socket.hpp"

#include <cstdint>
#include <string>

namespace anywire {

/// Listens on a Unix domain socket, with one descriptor. See `listener_options::path`.
///
/// Throws: as `listen_for`.
listening_sockets listen_on_path(std::string const& path, std::uint32_t mode);

}  // namespace anywire

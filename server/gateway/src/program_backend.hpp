#pragma once

#include "backend.hpp"
#include "program_child.hpp"
#include "settings.hpp"
#include "upstreams.hpp"

#include <memory>

namespace anywire::gateway {

/// Programs that read messages from their standard input and write their own to their standard
/// output, one process a session: a line a message, or with its length in front.
///
/// `backend_address::url` is "stdio:" and a command (`split_command`). The environment is that of
/// CGI (`cgi_environment`). What a program writes to its standard error becomes lines of the log.
/// A session ends with 1000 when its program has exited with 0, else with 1011 and how it ended. A
/// client is refused with 502 where the program cannot be started, with 503 where
/// `program_settings::max_processes` run or the system has no room for another.
///
/// Throws: `std::invalid_argument` for a command or variable that is none.
[[nodiscard]] std::shared_ptr<backend> make_program_backend(
    route_settings const& settings,
    std::shared_ptr<upstreams> servers,
    exit_watch watch = exit_watch::descriptor);

}  // namespace anywire::gateway

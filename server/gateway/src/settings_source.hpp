#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace anywire::gateway {

enum class file_kind : std::uint8_t { file, folder, program };

/// Where settings come from, apart from the command line.
struct settings_source {
    /// The value of a variable of the environment; false where it is not set.
    std::function<bool(std::string const& name, std::string& value)> variable{};
    /// What is in a file; else one sentence in `error`.
    std::function<bool(std::string const& path, std::string& text, std::string& error)> file{};
    /// Whether something of this kind is there that the process may read (a folder: search; a
    /// program: run); else one sentence in `error`. Empty: nobody can say.
    std::function<bool(std::string const& path, file_kind kind, std::string& error)> look{};
};

/// The process's environment and the file system.
///
/// Limits: 4 MiB a file.
/// Thread: nobody may change the environment meanwhile.
[[nodiscard]] settings_source process_source();

}  // namespace anywire::gateway

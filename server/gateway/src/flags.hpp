#pragma once

#include "settings.hpp"
#include "settings_source.hpp"

#include <cstdint>
#include <string>

namespace anywire::gateway {

/// What the command line tells the program to do.
struct command {
    enum class kind : std::uint8_t {
        run,      ///< Serve `settings`; they are checked.
        check,    ///< Print `text` to standard output and end with `exit_code`: 0, or 2 with
                  ///< problems.
        help,     ///< Print `text` to standard output and end with 0: help, version, a file.
        mistake,  ///< Print `text` to standard error and end with `exit_code`: 2.
    };
    kind what = kind::mistake;
    gateway_settings settings{};  ///< Good for `run`, and for `check` where `exit_code` is 0.
    std::string text{};           ///< Whole lines; empty for `run`.
    int exit_code = 0;
    std::string config_file{};  ///< As it was named; empty: there is none.
};

/// Reads the command line, and the file that it names. To reload, it is called again with the same
/// words: what comes out takes the place of the old settings if it is `kind::run`.
///
/// Thread: any; `from` reads the process's environment and files.
[[nodiscard]] command read_command_line(int count,
                                        char const* const* words,
                                        settings_source const& from = process_source());

}  // namespace anywire::gateway

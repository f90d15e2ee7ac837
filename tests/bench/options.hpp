#pragma once

#include "plan.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bench {

using list_of_servers = std::vector<server_spec>;

struct command_line {
    scale size{};
    std::optional<unsigned> rounds{};  ///< What the user said.
    std::string only{};
    std::string json{};
    std::string peers{};
    list_of_servers servers{};  ///< Those of `--server`.
    std::uint64_t descriptors = 1'024;
    bool is_terminal = false;
    bool has_own_core = false;  ///< The generator, that servers do not run on.
    bool asserts_nothing_about_time = false;
    bool fails_beyond_targets = false;
};

/// Empty: the user asked for help.
///
/// Throws: `std::invalid_argument`, saying which option is wrong.
std::optional<command_line> parse(int argc, char** argv);

extern char const* const usage;

}  // namespace bench

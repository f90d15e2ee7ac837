#pragma once

#include "flag_reader.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace demo {

/// What the command line says.
struct arguments {
    std::string address = "127.0.0.1";
    std::uint16_t port = 8080;
    bool port_given = false;
    unsigned threads = 1;
    unsigned lanes = 8;
    unsigned nodes = 0;
    bool tls = false;
    std::string certificate{};  ///< Empty with `tls`: one is made.
    std::string key{};
    std::string root = "demo";
};

extern char const usage[];

/// Nothing when help was asked for. Throws `std::invalid_argument`.
std::optional<arguments> parse(flag_reader flags);

}  // namespace demo

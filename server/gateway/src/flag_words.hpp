#pragma once

#include "settings.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::gateway {

/// What the command line says, before it is looked at as a whole. Empty is not said.
struct flag_words {
    std::vector<std::string> sockjs{};
    std::vector<std::string> engineio{};
    std::vector<std::string> websocket{};
    std::vector<std::string> all{};
    std::vector<std::string> origins{};
    std::vector<std::string> backends{};

    std::vector<std::string> listen{};
    std::vector<std::string> systemd{};
    std::string certificate{};
    std::string key{};
    std::vector<std::string> trusted_proxies{};
    std::vector<std::string> hosts{};
    std::optional<unsigned> threads{};
    std::string drain{};

    std::string files{};
    std::string pass_to{};
    std::string admin{};
    std::optional<log_format> format{};
    std::optional<log_level> level{};
    std::string access_log{};

    std::string config{};
    std::string check_file{};
    bool check = false;
    bool print_config = false;
};

/// What the words of the command line are.
struct flag_reading {
    flag_words words{};
    std::string text{};  ///< Help, version or a mistake; empty: the words are to be acted on.
    bool is_mistake = false;
};

/// The one file that includes CLI11 has it.
[[nodiscard]] flag_reading read_flags(int count, char const* const* words);

/// An address and port, "127.0.0.1:8080" or "[::1]:8080"; or "unix:/path/of/socket".
struct listen_place {
    std::string address{};
    std::uint16_t port = 0;
    std::string path{};
};
/// Errors: nothing.
[[nodiscard]] std::optional<listen_place> parse_listen_place(std::string_view text);

}  // namespace anywire::gateway

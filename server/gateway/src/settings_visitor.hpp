#pragma once

#include "settings.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire::gateway {

/// A yes or no that is written as a name in a list.
struct named_flag {
    std::string_view name{};
    bool* to = nullptr;
};

/// Is shown every setting, with its key, in the order of a file: in each table plain keys come
/// before tables. It may change what it is shown.
class settings_visitor {
public:
    virtual void flag(std::string_view key, bool& to) = 0;
    virtual void number(std::string_view key, std::uint64_t& to, std::uint64_t most) = 0;
    virtual void size(std::string_view key, std::uint64_t& to, std::uint64_t most) = 0;
    virtual void duration(std::string_view key, std::chrono::milliseconds& to) = 0;
    /// Permissions of a file.
    virtual void mode(std::string_view key, std::uint32_t& to) = 0;
    virtual void text(std::string_view key, std::string& to) = 0;
    /// A text that no output shows.
    virtual void secret(std::string_view key, std::string& to) = 0;
    virtual void texts(std::string_view key, std::vector<std::string>& to) = 0;
    virtual void pairs(std::string_view key,
                       std::vector<std::pair<std::string, std::string>>& to) = 0;
    /// `to` is the index of a name.
    virtual void choice(std::string_view key,
                        std::size_t& to,
                        std::span<std::string_view const> names) = 0;
    virtual void flags(std::string_view key, std::span<named_flag const> all) = 0;

    virtual void begin_table(std::string_view key) = 0;
    virtual void end_table() = 0;

    /// A list of tables that has `size` items; returns how many it shall have. Where `short_key` is
    /// not empty, the list may be one of texts under that name, each of which is the setting
    /// `short_item` of its item.
    virtual std::size_t begin_list(std::string_view key,
                                   std::size_t size,
                                   std::string_view short_key,
                                   std::string_view short_item) = 0;
    virtual void begin_item(std::size_t index) = 0;
    virtual void end_item() = 0;
    virtual void end_list() = 0;

protected:
    ~settings_visitor() = default;
};

/// Shows all settings; items that a list did not have begin with their defaults.
void visit(gateway_settings& s, settings_visitor& v);

/// A route as a file's begins: with all fronts.
[[nodiscard]] route_settings default_route();

}  // namespace anywire::gateway

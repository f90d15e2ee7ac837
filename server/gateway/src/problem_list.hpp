#pragma once

#include "settings.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::gateway {

/// What checks find, in their order.
class problem_list {
public:
    static constexpr std::chrono::milliseconds day = std::chrono::hours(24);

    void add(std::string key, std::string text, std::string remedy);
    /// What is not within the bounds is a problem, both ends included.
    void check_time(std::string const& key,
                    std::chrono::milliseconds value,
                    std::chrono::milliseconds least,
                    std::chrono::milliseconds most = day);
    void check_number(std::string const& key,
                      std::uint64_t value,
                      std::uint64_t least,
                      std::uint64_t most);
    void check_size(std::string const& key,
                    std::uint64_t value,
                    std::uint64_t least,
                    std::uint64_t most);

    [[nodiscard]] std::vector<settings_problem> take() noexcept { return std::move(all_); }

private:
    std::vector<settings_problem> all_{};
};

/// "route[1].backend" and 2 are "route[1].backend[2]".
[[nodiscard]] std::string item_key(std::string_view list, std::size_t index);

/// Adds what is wrong with one route, but for what it is wrong beside others. `key`: "route[0]".
void check_route(problem_list& to, std::string const& key, route_settings const& r);
/// The part of `check_route` for what is behind it.
void check_route_backends(problem_list& to, std::string const& key, route_settings const& r);

}  // namespace anywire::gateway

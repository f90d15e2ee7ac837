#pragma once

#include <anywire/close_reason.hpp>
#include <anywire/http.hpp>

#include <optional>
#include <string>
#include <vector>

namespace anywire::gateway {

/// One message of an application's for some of its clients.
struct published {
    bool to_all = false;
    std::vector<std::string> groups{};  ///< Of endpoints; not used with `to_all`.
    bool is_close = false;
    close_code code = close_code::normal;
    std::string data{};  ///< The message, or the reason.
    bool binary = false;
};

/// Reads a POST to the publish endpoint.
///
/// Errors: nothing, and one sentence in `error`.
[[nodiscard]] std::optional<std::vector<published>> read_published(route_request const& r,
                                                                   std::string& error);

/// The same of its parts: `query` as sent, without its '?'.
[[nodiscard]] std::optional<std::vector<published>> read_published(std::string_view query,
                                                                   std::string_view content_type,
                                                                   std::string_view body,
                                                                   std::string& error);

}  // namespace anywire::gateway

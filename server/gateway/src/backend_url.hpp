#pragma once

#include "settings.hpp"

#include <string>
#include <string_view>

namespace anywire::gateway {

/// Says in one sentence what is wrong with the URL of a backend, and what to write in its place;
/// both are empty where nothing is. Variables may stand in path and query: a client must not choose
/// the server.
struct backend_url_fault {
    std::string text{};
    std::string remedy{};
};
[[nodiscard]] backend_url_fault check_backend_url(std::string_view url);

/// Whether a connection to it is TLS.
[[nodiscard]] bool is_secure_url(std::string_view url) noexcept;

}  // namespace anywire::gateway

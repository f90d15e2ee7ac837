#pragma once

#include <anywire/client_context.hpp>

#include "settings.hpp"
#include "upstreams.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace anywire {
class client_tls;
}

namespace anywire::gateway {

/// How a server is asked whether it works.
struct probe_target {
    std::string url{};          ///< "http://..." or "https://..." of the GET; empty: it is none.
    std::string host{};         ///< Of a connection, where it is no GET.
    std::uint16_t port = 0;     ///< The same.
    std::string unix_socket{};  ///< Connected to in place of the host, whatever is asked.

    bool operator==(probe_target const&) const = default;
};

/// How the server of a backend's URL is asked; nothing where it cannot be, as with programs. A
/// stream is only connected to, whatever `check_path` says.
[[nodiscard]] std::optional<probe_target> probe_of(std::string_view url,
                                                   std::string_view check_path);

/// Asks each server of a route whether it works, again and again as its `health_settings` say, and
/// tells `upstreams` the answers. The first check of each comes within a second, the next so long
/// after the end of the last as `check_interval` says, a tenth more or less by chance. Each has a
/// connection of its own, which begins with what the route's connections begin with.
///
/// Thread: made on any. Destroyed where `on` runs, or when that runs nothing any more: it ends at
///         once.
class prober {
public:
    /// Does nothing where `check_interval` is 0.
    ///
    /// Throws: `std::invalid_argument`, one sentence: `backend_ca` cannot be used.
    prober(client_context& on, route_settings const& settings, std::shared_ptr<upstreams> servers);
    prober(prober const&) = delete;
    prober& operator=(prober const&) = delete;
    ~prober();

private:
    class check;

    std::shared_ptr<client_tls const> tls_{};  // keeps what all checks use from being made anew
    std::vector<std::unique_ptr<check>> checks_{};
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace anywire::gateway

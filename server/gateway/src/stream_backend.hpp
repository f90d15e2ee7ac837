#pragma once

#include "backend.hpp"
#include "settings.hpp"
#include "upstreams.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace anywire::gateway {

/// Where a stream leads: a name or literal address and a port, or a Unix domain socket.
struct stream_address {
    std::string host{};
    std::uint16_t port = 0;
    std::string unix_socket{};
};

/// Reads "tcp://host:port" or "unix:/path/of/socket".
///
/// Errors: nothing, and one sentence in `error`.
[[nodiscard]] std::optional<stream_address> parse_stream_url(std::string_view url,
                                                             std::string& error);

/// Servers that speak lines, or messages with their length in front, over TCP or Unix domain
/// sockets: one connection a session.
///
/// A server that takes no connection is passed over for the next one; all of them together have
/// `route_settings::connect_timeout`, each but the last no more than half of what is left of it.
/// The client is refused with 503 where no server takes it, with 504 where the last one tried was
/// too slow. A server's end is a goodbye with 1000, a reset is a loss; bytes that are no messages
/// end the session with 1009 or 1007, and so does a client's message with a line end in it.
///
/// Throws: `std::invalid_argument` for a URL that is none.
[[nodiscard]] std::shared_ptr<backend> make_stream_backend(route_settings const& settings,
                                                           std::shared_ptr<upstreams> servers);

}  // namespace anywire::gateway

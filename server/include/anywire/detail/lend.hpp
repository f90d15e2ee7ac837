#pragma once

#include <anywire/detail/lent_stream.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace anywire {
struct service_core;
}

namespace anywire::detail {

/// A connection of a program's own, with the bytes that it has read of it and not used.
struct lent_connection {
    int descriptor = -1;  ///< A plain socket; else `stream`.
    std::unique_ptr<lent_stream> stream{};
    std::string address{};   ///< Of its other end: a literal IP, or empty.
    bool is_secure = false;  ///< It is TLS.
    std::string bytes{};
};

/// Serves a connection, which begins with a request for `target`. `back` is called once, on any
/// shard's thread: with the connection when a request comes that is not the service's, with nothing
/// when it will not come back.
void lend(service_core& to,
          std::string_view target,
          lent_connection what,
          std::function<void(std::optional<lent_connection>)> back);

/// The executor of a shard. Throws: `std::out_of_range`.
boost::asio::any_io_executor executor_of(service_core& of, std::size_t index);

}  // namespace anywire::detail

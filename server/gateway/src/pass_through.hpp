#pragma once

#include <anywire/handlers.hpp>
#include <anywire/service.hpp>

#include "backend.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace anywire::gateway {

/// Passes requests on to one HTTP server: mounted at "/", all that no route and no other mount is
/// there for. Answers come back as they are and as they come, each side as fast as the other takes
/// it.
///
/// The server is the one named here, whatever a request says. A WebSocket needs a route of its own:
/// 404.
struct pass_through_options {
    std::string to{};                           ///< "http://host:port", or https.
    std::size_t max_body = 1u << 20;            ///< Bytes of a request's body; 413 beyond.
    std::chrono::milliseconds timeout{30'000};  ///< Until the answer's head has come; then 504.
    /// The place of the calling shard. Default none: has to be set.
    std::function<shard_place&()> here{};
};

/// For `service::mount("/", pass_through_options{...}, handlers{})`; the handlers are not used.
///
/// Throws: `std::invalid_argument` for options that are not valid.
std::shared_ptr<mount_point> make_mount(mount_place const& at,
                                        pass_through_options options,
                                        handlers app);

}  // namespace anywire::gateway

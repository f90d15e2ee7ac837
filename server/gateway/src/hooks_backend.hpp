#pragma once

#include "backend.hpp"
#include "settings.hpp"
#include "upstreams.hpp"

#include <memory>
#include <string>

namespace anywire::gateway {

/// An application behind HTTP hooks: a POST for each event of a session, whose answer has what the
/// client gets. It speaks Pushpin's WebSocket-Over-HTTP protocol, so that what is written for that
/// works here.
///
/// One POST of a session is under way at a time, and none before the messages of the last answer
/// were delivered; so both directions keep their order. Each POST is made once: where it is not
/// known whether the application has had it, the session ends.
///
/// Throws: `std::invalid_argument` for a URL or an option that is not valid.
[[nodiscard]] std::shared_ptr<backend> make_hooks_backend(route_settings const& settings,
                                                          std::shared_ptr<upstreams> servers);

/// The group of an endpoint that the session of that id of the gateway's is alone in, and the one
/// of all that an application has subscribed to a channel.
[[nodiscard]] std::string group_of_session(std::string_view id);
[[nodiscard]] std::string group_of_channel(std::string_view name);

}  // namespace anywire::gateway

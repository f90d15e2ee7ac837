// A dialect that the library does not know, in one folder: each message is a line of text.
//
//   GET  PATH/ID   an event stream (text/event-stream), which opens the session of that id
//   POST PATH/ID   lines for it, each a message
//   TCP            lines both ways: see line_transport.hpp
//
// The server says "hello", then "+MESSAGE" for each message, "beat" for a heartbeat, and
// "bye CODE TEXT" at the end.
#pragma once

#include <anywire/dialect.hpp>

#include <chrono>
#include <memory>

namespace lines {

struct line_options {
    anywire::session_limits limits{};
    anywire::origin_list origins{};
    std::chrono::milliseconds heartbeat{15'000};  ///< Between two "beat" of an event stream.
};

/// What `anywire::service::mount` calls.
std::shared_ptr<anywire::mount_point> make_mount(anywire::mount_place const& at,
                                                 line_options options,
                                                 anywire::handlers app);

}  // namespace lines

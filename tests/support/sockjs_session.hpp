#pragma once

#include "session/http_session.hpp"
#include "session/sockjs_frames.hpp"

#include <string_view>
#include <utility>

namespace anywire::test {

/// A session of SockJS over HTTP, as its mount makes them.
class sockjs_session final : public http_session {
public:
    sockjs_session(endpoint_core& endpoint,
                   origin from,
                   std::string_view sid,
                   http_timing const& timing)
        : http_session(endpoint, std::move(from), sid, sockjs_protocol(), timing) {}
};

}  // namespace anywire::test

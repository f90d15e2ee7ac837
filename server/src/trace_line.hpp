#pragma once

#include "session/packet_listener.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace anywire {

/// One packet, for people: "/chat 192.0.2.1 <session> in websocket text 5: 2probe". Printable ASCII
/// but for the backslash is as it is, all else "\xNN"; what is beyond `max_bytes` is left out.
std::string trace_line(std::string_view mount,
                       std::string_view address,
                       std::string_view session,
                       traced_packet const& p,
                       std::size_t max_bytes);

}  // namespace anywire

#pragma once

#include <cstdint>
#include <string_view>

namespace anywire::socketio {

/// Where a handler is registered.
enum class hearer : std::uint8_t { nsp, socket };

/// Throws `std::invalid_argument` for a name under which no event of a client's is heard: the text
/// says what to write instead. "connection" and "new_namespace" are ordinary events of a socket,
/// and mistakes on a namespace; "error" is a mistake on both, though a client may send it.
void check_heard_name(std::string_view name, hearer where);

/// The same for one that the protocol does not let a server emit.
void check_emitted_name(std::string_view name);

/// The same for one that servers do not send each other.
void check_server_side_name(std::string_view name);

}  // namespace anywire::socketio

#pragma once

#include "adapters/cluster_message.hpp"

#include <string>
#include <string_view>
#include <vector>

// The parts that messages of all formats have.
namespace anywire::redis {

void write_strings(json_writer& out, std::vector<std::string> const& all);
/// False where it is no array of strings and numbers.
[[nodiscard]] bool read_strings(json_view in, std::vector<std::string>& out);

enum class opts_form : std::uint8_t {
    whole,          ///< rooms, except, flags
    without_flags,  ///< rooms, except
    of_emitter,     ///< rooms, flags, except
};
void write_opts(json_writer& out,
                audience const& to,
                socketio::emit_flags const& flags,
                opts_form form);
/// Reads them; what is missing is empty. False where something is of another type.
[[nodiscard]] bool read_opts(json_view in, audience& to, socketio::emit_flags& flags);

/// Sockets as servers describe them: id, handshake, rooms, data.
void write_sockets(json_writer& out,
                   std::vector<socketio::remote_socket> const& all,
                   data_codec const& data);
/// A socket may be its id alone, as old requests have it.
[[nodiscard]] bool read_sockets(json_view in,
                                std::vector<socketio::remote_socket>& out,
                                data_codec const& data);

/// What an application keeps beside a socket, as JSON.
[[nodiscard]] json_value data_to_json(std::any const& value, data_codec const& data);
[[nodiscard]] std::any data_from_json(json_view value, data_codec const& data);

/// An event: an array that begins with its name.
[[nodiscard]] bool is_event(json_view value);
/// A value, or an event, with the bytes that it refers to.
[[nodiscard]] socketio::encoded take_event(json_view value);
[[nodiscard]] socketio::encoded take_answer(std::optional<json_view> const& value);
/// Writes the one value of an answer, `[value]`.
void write_answer(json_writer& out, socketio::encoded const& answer);

}  // namespace anywire::redis

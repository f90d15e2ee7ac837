#pragma once

#include <anywire/redis/socketio_adapter.hpp>

#include "wire_value.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire::redis {

/// What servers tell each other, whatever the format; numbered as in the sharded one.
enum class message_kind : std::uint8_t {
    initial_heartbeat = 1,
    heartbeat,
    broadcast,
    sockets_join,
    sockets_leave,
    disconnect_sockets,
    fetch_sockets,
    fetched_sockets,
    server_side_emit,
    server_side_answer,
    client_count,
    client_answer,
    adapter_close,
    // Only in the format of @socket.io/redis-adapter.
    fetch_ids = 100,
    fetch_rooms,
    fetched_rooms,
    join_one,
    leave_one,
    disconnect_one,
    done,
};

/// One of them.
struct cluster_message {
    message_kind kind{};
    std::string uid{};         ///< The server that sends it.
    std::string nsp{"/"};      ///< Its namespace.
    std::string request_id{};  ///< Empty: no answer is wanted.
    /// The event as `["name",...]`, or an answer as `[value]`.
    socketio::encoded packet{};
    audience to{};
    socketio::emit_flags flags{};
    std::vector<std::string> rooms{};
    std::string sid{};  ///< Of `join_one` and its like.
    bool close = false;
    std::uint64_t clients = 0;
    std::vector<socketio::remote_socket> sockets{};
};

/// Writes the members of a message's `data` as an object; nothing for kinds that have none.
///
/// Spec: the sharded adapter of @socket.io/redis-adapter 8.3; keys in its order.
void write_data(json_writer& out, cluster_message const& m, data_codec const& data);
/// Reads them; says what is wrong with them, or nothing. Requires: `m.kind` is known.
[[nodiscard]] std::string_view read_data(json_view in, cluster_message& m, data_codec const& data);

/// The whole message: type, data, uid, nsp.
[[nodiscard]] socketio::encoded to_value(cluster_message const& m, data_codec const& data);
[[nodiscard]] std::string_view read_message(json_view in,
                                            cluster_message& m,
                                            data_codec const& data);

/// A message of the sharded format: MessagePack where bytes are in it, else JSON.
[[nodiscard]] std::string encode_sharded(cluster_message const& m, data_codec const& data);
/// One that the streams adapter publishes: MessagePack.
[[nodiscard]] std::string encode_published(cluster_message const& m, data_codec const& data);
/// Reads either.
[[nodiscard]] std::string_view decode_message(std::string_view bytes,
                                              wire_limits const& most,
                                              cluster_message& m,
                                              data_codec const& data);

/// The fields of a stream's entry: uid, nsp, type, data.
using entry_fields = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] entry_fields encode_entry(cluster_message const& m, data_codec const& data);
[[nodiscard]] std::string_view decode_entry(entry_fields const& fields,
                                            wire_limits const& most,
                                            cluster_message& m,
                                            data_codec const& data);

}  // namespace anywire::redis

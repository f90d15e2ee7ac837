#pragma once

#include "adapters/cluster_message.hpp"

#include <optional>
#include <string>
#include <string_view>

// What @socket.io/redis-adapter 8 (`createAdapter`) and @socket.io/redis-emitter 5 put on Redis'
// channels. Broadcasts are MessagePack, requests and answers JSON but for broadcasts that ask for
// acknowledgements.
namespace anywire::redis::pubsub {

/// The channels of one namespace. `key` is `socket.io` unless it was chosen.
struct channels {
    channels(std::string_view key, std::string_view nsp);

    std::string broadcast;  ///< `socket.io#/#`; with a room behind it `socket.io#/#room#`.
    std::string request;
    std::string response;

    /// That of a broadcast: its own where exactly one room is meant.
    std::string of_broadcast(audience const& to) const;
    /// The pattern that fits all broadcasts of the namespace; what is special in names is escaped.
    std::string pattern() const;
    /// Answers to one server alone.
    std::string response_to(std::string_view uid) const;
    /// Whether a channel is one of broadcasts in this namespace, and which room it names.
    struct match {
        bool is_ours = false;
        std::optional<std::string_view> room{};
    };
    match find(std::string_view channel) const noexcept;
};

/// An event for many, `[uid, packet, opts]`. Uses uid, nsp, packet, to, flags.
[[nodiscard]] std::string encode_broadcast(cluster_message const& m, bool is_emitter = false);
[[nodiscard]] std::string_view decode_broadcast(std::string_view bytes,
                                                wire_limits const& most,
                                                cluster_message& m);

/// Requests: what all servers are told or asked. Without a uid none is written, as emitters do.
[[nodiscard]] std::string encode_request(cluster_message const& m);
[[nodiscard]] std::string_view decode_request(std::string_view bytes,
                                              wire_limits const& most,
                                              cluster_message& m);

/// Answers. Most have no type: what they hold says what they are; ids of sockets alone become
/// sockets with nothing but an id.
[[nodiscard]] std::string encode_response(cluster_message const& m, data_codec const& data);
[[nodiscard]] std::string_view decode_response(std::string_view bytes,
                                               wire_limits const& most,
                                               cluster_message& m,
                                               data_codec const& data);

}  // namespace anywire::redis::pubsub

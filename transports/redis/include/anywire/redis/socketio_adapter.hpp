#pragma once

#include <anywire/adapter_options.hpp>
#include <anywire/redis/connection.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

// Several Socket.IO servers as one, of this library and of Node together: each of these goes into
// `socketio::options::make_adapter`, and speaks on the wire what its counterpart in Node does.
namespace anywire::redis {

using anywire::adapter_counters;
using anywire::adapter_maker;
using anywire::adapter_options;
using anywire::data_codec;

/// Options of Node's `createAdapter` of @socket.io/redis-adapter 8, by Node's names where they
/// have one.
struct pubsub_options {
    /// What the names of channels begin with (`key`). Default "socket.io".
    std::string key{"socket.io"};
    /// Whether answers go to a channel of who asked, and not to all
    /// (`publishOnSpecificResponseChannel`). Default off, as Node's.
    bool answers_on_own_channel = false;
    adapter_options common{};
};

/// The counterpart of @socket.io/redis-adapter: everything over PUBLISH and SUBSCRIBE. Clients that
/// were cut off are recovered on the server they were on, no other.
[[nodiscard]] adapter_maker pubsub_adapter(connection redis, pubsub_options with = {});

/// Which rooms have channels of their own. All servers have to say the same.
enum class subscription_mode : std::uint8_t {
    fixed,            ///< None (`static`): every server reads every broadcast.
    dynamic,          ///< Those that are not called as a socket is. Node's default.
    dynamic_private,  ///< All of them, those of single sockets, too.
};

/// Options of `createShardedAdapter`.
struct sharded_options {
    /// What the names of channels begin with (`channelPrefix`). Default "socket.io".
    std::string channel_prefix{"socket.io"};
    subscription_mode mode = subscription_mode::dynamic;
    adapter_options common{};
};

/// The counterpart of the sharded adapter of @socket.io/redis-adapter: SPUBLISH and SSUBSCRIBE,
/// which scale with a cluster. Needs Redis 7.
[[nodiscard]] adapter_maker sharded_adapter(connection redis, sharded_options with = {});

/// Options of `createAdapter` of @socket.io/redis-streams-adapter 0.3.
struct streams_options {
    /// The stream's key (`streamName`). Default "socket.io".
    std::string stream_name{"socket.io"};
    /// Among how many streams namespaces are spread (`streamCount`). Default 1.
    unsigned stream_count = 1;
    /// About how many entries a stream keeps (`maxLen`): what a client can recover, and how far a
    /// server may lag. Default 10 000.
    std::size_t max_len = 10'000;
    /// What the names of channels begin with, for questions and answers (`channelPrefix`).
    std::string channel_prefix{"socket.io"};
    /// Whether those channels are sharded ones (`useShardedPubSub`). Default off.
    bool use_sharded_pubsub = false;
    /// What the keys of stored sessions begin with (`sessionKeyPrefix`).
    std::string session_key_prefix{"sio:session:"};
    /// Most entries of one read (`readCount`), and how long a read waits (`blockTimeInMs`).
    std::uint32_t read_count = 100;
    std::chrono::milliseconds block{5'000};
    /// Most bytes of what a client that comes back is sent of what it has missed; one that has
    /// missed more starts anew. Default 8 MiB.
    std::size_t max_missed_bytes = 8u << 20;
    adapter_options common{};
};

/// The counterpart of @socket.io/redis-streams-adapter 0.3: broadcasts are entries of a stream, so
/// that a server that loses Redis for a while misses none of them, and a client that was cut off
/// may come back to another server (`socketio::options::recovery`).
///
/// With recovery, all servers of this library send the events of a namespace in the one order of
/// the stream: what is emitted is delivered, here too, when it has been read from there. Without a
/// connection to Redis it is delivered here at once.
[[nodiscard]] adapter_maker streams_adapter(connection redis, streams_options with = {});

}  // namespace anywire::redis

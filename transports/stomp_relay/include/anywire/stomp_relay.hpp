#pragma once

#include <anywire/client_options.hpp>
#include <anywire/stomp/server.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace anywire::stomp {

/// How "/topic/rooms/7" is said to a broker for whom a destination has one segment after its
/// prefix.
enum class nested_destinations : std::uint8_t {
    escaped,  ///< "/topic/rooms%2F7", which RabbitMQ reads as the key "rooms/7".
    dots,     ///< "/topic/rooms.7", the words of the brokers' own wildcards. Destinations with a
              ///< dot of their own are refused, lest two of them be one there.
    kept,     ///< As it is: ActiveMQ takes it for a name.
};

/// A broker that speaks STOMP over TCP, and how its clients are served through it.
struct relay_options {
    /// "stomp://host[:port]", or "stomps://..." for TLS. Default port 61613, with TLS 61614.
    std::string url = "stomp://127.0.0.1:61613";
    /// What the connections of clients sign in with, whatever the clients themselves have said:
    /// that was `server::on_connect`'s.
    std::string login = "guest";
    std::string passcode = "guest";
    /// The same for the connection of what the application sends. Empty: as the clients'.
    std::string system_login{};
    std::string system_passcode{};
    /// The broker's virtual host. Default "/", RabbitMQ's.
    std::string host = "/";
    client_tls_options tls{};
    nested_destinations nested = nested_destinations::escaped;

    /// Heart-beats of the application's connection, both ways. Default 10 s; 0 is none. A client's
    /// are what the client has asked for.
    std::chrono::milliseconds heart_beat{10'000};
    /// From the loss of the application's connection, or an attempt that failed, to the next.
    /// Default 5 s.
    std::chrono::milliseconds reconnect_delay{5'000};
    /// From the beginning of a connection to the broker's CONNECTED. Default 60 s.
    std::chrono::milliseconds connect_timeout{60'000};

    /// Bytes of what the application has sent and the broker has not confirmed yet, each message
    /// charged 128 more; beyond, `server::send` says `errc::send_queue_full`. It is kept while the
    /// broker is away, and sent again when it is back. Default 4 MiB.
    std::size_t max_held = std::size_t{4} * 1024 * 1024;
    /// Bytes of one client that wait for the broker above which the client is not read. Default 64
    /// KiB.
    std::size_t max_unsent = std::size_t{64} * 1024;
    /// Longest frame that the broker may send, head and body. Default 1 MiB; a longer one ends its
    /// client's session.
    std::size_t max_frame = std::size_t{1} << 20;

    /// Headers of SUBSCRIBE that are passed on, besides the protocol's. Others could name queues
    /// that no rule of the application has judged (RabbitMQ's "x-queue-name").
    std::vector<std::string> subscribe_headers{"selector", "prefetch-count"};
};

/// A relay, for `server::relay_to`: the destinations under `options::prefixes` are the broker's
/// then. Each client has a connection of its own there, opened when `on_connect` has let it in;
/// what the application sends goes over one more, and is confirmed by the broker. Rules, handlers
/// and user destinations stay here.
///
/// While the broker is away, clients get an ERROR ("Broker not available.", or "Connection to
/// broker closed.") and their session ends. What the application sends waits, and comes at least
/// once: what was not confirmed when a connection broke is sent again.
///
/// `options::queue`, `queues` and `max_unacknowledged` have no meaning then.
///
/// Throws: `std::invalid_argument` for options out of range, a URL that is none, or files of TLS
///         that cannot be read.
[[nodiscard]] std::shared_ptr<broker_relay> relay(relay_options o = {});

}  // namespace anywire::stomp

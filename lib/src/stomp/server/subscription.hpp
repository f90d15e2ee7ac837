#pragma once

#include "stomp/queue_store.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace anywire::stomp {

class stomp_client;
struct topic;

/// How a client settles the messages of a subscription.
enum class ack_mode : std::uint8_t {
    automatic,   ///< Settled when sent.
    client,      ///< An ACK settles all up to its message.
    individual,  ///< An ACK settles its message.
};

/// One subscription of one client.
struct subscription {
    /// What a subscription is to.
    enum class kind : std::uint8_t { topic, pattern, queue, own, relayed };

    std::string name{};  ///< The id that the client has given it, or what stands for that in 1.0.
    std::string id{};    ///< As MESSAGE says it, empty in 1.0 where the client gives none.
    std::string destination{};  ///< As the client named it.
    stomp_client* of = nullptr;
    kind to = kind::topic;
    ack_mode mode = ack_mode::automatic;
    std::uint64_t number = 0;  ///< Of this client's subscriptions, from 1 on; part of message ids.
    std::uint64_t last_sent = 0;  ///< The last number of a message that went out.
    consumer_id consumer = 0;     ///< Of a queue.
    bool is_waiting = false;      ///< Of a queue: until its client has room again.
    topic* at = nullptr;          ///< Of a topic, and where it is among its subscribers.
    std::size_t place = 0;
};

}  // namespace anywire::stomp

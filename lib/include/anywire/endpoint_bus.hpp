#pragma once

#include <anywire/codec.hpp>
#include <anywire/hub.hpp>

#include <functional>
#include <memory>
#include <string>

namespace anywire {

/// How a message goes out to sessions of an endpoint.
struct send_flags {
    /// To the sessions of this process only, where a bus connects several. Default false.
    bool is_local = false;
    /// The key of `session::send_latest`; empty, the default: none.
    std::string key{};
};

/// A message for many sessions. A bus that gets one from another process makes it by
/// `std::make_shared<shared_message>(message_view{bytes, is_binary})`; however many sessions get
/// it, it is encoded once for each way that they have.
using message_ptr = std::shared_ptr<shared_message>;

/// The sessions of one endpoint in this process, on all its mounts and shards. Their rooms are the
/// endpoint's groups.
using local_sessions = local_hub<message_ptr, send_flags>;

/// What connects the sessions of an endpoint with those in other processes: derive from it, and
/// give it to `endpoint::use_bus`. `broadcast` does here what the base class does, and tells the
/// others; what comes from them is given to `local_sessions::broadcast`, never to the bus itself,
/// or it would go round in circles. It is not asked for what is sent with `send_flags::is_local`.
using endpoint_bus = hub_bus<message_ptr, send_flags>;

/// Makes the bus of one endpoint, whose sessions outlive it.
using bus_maker = std::function<std::unique_ptr<endpoint_bus>(local_sessions&)>;

}  // namespace anywire

#pragma once

#include <anywire/json/value.hpp>
#include <anywire/socketio/adapter.hpp>

#include <any>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

// What adapters and buses have in common, whatever carries their messages.
namespace anywire {

/// How what an application keeps beside a socket (`socket::data`) becomes JSON, and back, where
/// other servers see it: in `fetch_sockets`, and in sessions that are recovered elsewhere. By
/// default text, numbers, booleans, `json_object` and `json_value` become what they are, anything
/// else an empty object; what comes from another server is a `json_value`.
///
/// Thread: any, several at once.
struct data_codec {
    std::function<json_value(std::any const&)> write{};
    std::function<std::any(json_value)> read{};
};

/// What happened between servers, for metrics. Counts only grow.
struct adapter_counters {
    std::atomic<std::uint64_t> sent{0};      ///< Messages to other servers.
    std::atomic<std::uint64_t> received{0};  ///< Messages of other servers.
    /// Messages that made no sense, and were left alone.
    std::atomic<std::uint64_t> refused{0};
    /// Questions that were not answered by all servers in time.
    std::atomic<std::uint64_t> timed_out{0};
};

/// What all adapters have.
struct adapter_options {
    /// How long other servers have to answer: to `fetch_sockets`, `server_side_emit` and the like,
    /// and to events with acknowledgements that name no time of their own. What has come by then is
    /// given, with `errc::ack_timeout`. Default 5 s, as Node's.
    std::chrono::milliseconds requests_timeout{5'000};
    /// Most questions of a namespace that wait at a time. One more is answered at once, by this
    /// server alone, with `redis::errc::queue_full`. Default 10 000.
    std::size_t max_pending_requests = 10'000;
    /// Most bytes of all answers to one question; beyond, what has come is given with
    /// `errc::message_too_big`. Default 64 MiB.
    std::size_t max_answer_bytes = 64u << 20;
    /// Longest single message that is read; a longer one is refused. Default 16 MiB.
    std::size_t max_message_bytes = 16u << 20;
    data_codec data{};
    /// Where to count; empty: nowhere.
    std::shared_ptr<adapter_counters> counters{};
};

/// What `socketio::options::make_adapter` takes.
using adapter_maker = std::function<std::unique_ptr<socketio::adapter>(socketio::local_sockets&)>;

/// Options of the bus of one endpoint.
struct endpoint_bus_options {
    /// Which endpoint: the same name on all servers, another one for each of their endpoints. It
    /// has to be given.
    std::string name{};
    /// What the names of channels begin with. Default "anywire".
    std::string key{"anywire"};
    /// How long other servers have to answer who is in a group. What has come by then is given,
    /// with `errc::ack_timeout`. Default 5 s.
    std::chrono::milliseconds requests_timeout{5'000};
    /// Most questions that wait at a time. One more is answered at once, by this server alone, with
    /// `redis::errc::queue_full`. Default 10 000.
    std::size_t max_pending_requests = 10'000;
    /// Most bytes of all answers to one question; beyond, what has come is given with
    /// `errc::message_too_big`. Default 64 MiB.
    std::size_t max_answer_bytes = 64u << 20;
    /// Longest single message that is read; a longer one is refused. Default 16 MiB.
    std::size_t max_message_bytes = 16u << 20;
    /// Where to count; empty: nowhere.
    std::shared_ptr<adapter_counters> counters{};
};

}  // namespace anywire

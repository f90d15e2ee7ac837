#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace anywire {

/// Whose packets are to be traced, and how much of them.
struct trace_options {
    std::string session{};  ///< The public id, `session::id()`. Or:
    std::string address{};  ///< All sessions of a client, as `request::remote_address()`.

    std::size_t max_bytes = 256;       ///< Of each packet; what is beyond is left out.
    std::size_t max_packets = 10'000;  ///< Then it ends by itself.
};

/// Hears the lines of a trace.
///
/// Thread: that of the session's shard; a sink of several sessions has to be thread-safe where
///         there are several shards. Requires: it does nothing to sessions.
using trace_sink = std::function<void(std::string_view line)>;

/// A trace that was begun. Copies are the same trace; it goes on when they have gone.
///
/// Thread: any.
class packet_trace {
public:
    class state;

    packet_trace() noexcept = default;
    explicit packet_trace(std::shared_ptr<state> s) noexcept : state_(std::move(s)) {}

    /// Ends it. A line that is being written may still come.
    void stop() const noexcept;
    /// It was stopped, or has told of `max_packets`.
    [[nodiscard]] bool is_over() const noexcept;

private:
    std::shared_ptr<state> state_{};
};

}  // namespace anywire

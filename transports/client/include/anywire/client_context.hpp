#pragma once

#include <anywire/log.hpp>

#include <functional>
#include <memory>

namespace anywire {

class executors;

/// What clients run on: a thread of its own, or an executor of the program's. Many clients share
/// one, and with it its buffers and timers: an idle client owns none of them.
///
/// Thread: made on any. Destroyed on any but its own; with an executor, in a function that this
/// runs, or when it runs nothing any more. It has to outlive its clients.
class client_context {
public:
    /// Runs the clients on a thread of its own, which ends with the context.
    explicit client_context(log_sink log = {});
    /// Runs them on an executor of Asio (anywire/executors.hpp): one only.
    ///
    /// Throws: `std::invalid_argument` for several.
    explicit client_context(executors const& on, log_sink log = {});
    client_context(client_context const&) = delete;
    client_context& operator=(client_context const&) = delete;
    ~client_context();

    /// Runs `fn` where the clients run, soon, never at once. What is posted after the context has
    /// begun to end is dropped. Thread: any.
    void post(std::function<void()> fn);
    /// Whether the calling thread is where the clients run.
    bool is_here() const noexcept;

private:
    friend struct client_access;
    class impl;
    std::shared_ptr<impl> impl_;
};

}  // namespace anywire

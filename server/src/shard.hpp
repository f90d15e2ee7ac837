#pragma once

#include "acceptor.hpp"
#include "connection.hpp"
#include "core/keyed_hash.hpp"
#include "errand.hpp"
#include "io_host.hpp"
#include "server_core.hpp"
#include "session/endpoint_core.hpp"

#include <boost/asio/executor_work_guard.hpp>

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace anywire {

/// One thread with its own `io_context`, listeners, connections and sessions. Nothing of it is
/// touched from another thread but through `post`.
class shard final : public io_host {
public:
    shard(unsigned index, server_core& core);
    ~shard();

    server_core& core() noexcept { return core_; }
    unsigned index() const noexcept { return index_; }
    bool is_here() const noexcept {
        return std::this_thread::get_id() == thread_.load(std::memory_order_relaxed);
    }

    void add_listener(std::unique_ptr<acceptor> listener) {
        acceptors_.push_back(std::move(listener));
    }
    /// The sessions here of a mount, by its index.
    endpoint_core& endpoint(std::size_t mount) noexcept { return *endpoints_[mount]; }
    void add_endpoint(std::unique_ptr<endpoint_core> e) { endpoints_.push_back(std::move(e)); }

    /// Wire ids whose opening request waits for `authorize`, as "<mount>/<id>"; at most one a
    /// connection.
    keyed_set& opening() noexcept { return opening_; }

    /// A connection of another shard that goes on here, with the bytes to be read first.
    struct arrival {
        byte_stream stream;
        std::string address{};
        std::unique_ptr<connection_ticket> ticket{};
        std::string bytes{};
    };
    /// Thread: any. Closes the connection when `run` has ended.
    void adopt(arrival a);

    errand_list& errands() noexcept { return errands_; }

    /// The Date field, refreshed once a second.
    std::string_view date_field();

    bool is_draining() const noexcept { return draining_; }
    /// Set once the shard has run and will do nothing any more. Thread: any, longer than the shard.
    std::shared_ptr<std::atomic<bool> const> ended() const noexcept { return ended_; }

    /// Runs until `finish`. On the calling thread.
    void run();
    void stop_now();
    void drain(tick deadline_in);

    /// Ends what may reach into other shards: all shards have to do so before one is destroyed.
    /// Requires: no shard runs.
    void tear_down() noexcept;

private:
    class drainer;

    void close_listeners() noexcept;
    void finish();
    void begin_arrived();
    void turn_arrivals_away();

    unsigned index_;
    server_core& core_;
    net::executor_work_guard<net::io_context::executor_type> work_;
    std::vector<std::unique_ptr<acceptor>> acceptors_{};
    std::vector<std::unique_ptr<endpoint_core>> endpoints_{};
    keyed_set opening_;
    errand_list errands_{};
    std::mutex arriving_{};
    std::deque<arrival> arrivals_{};
    bool has_ended_ = false;  // guarded by `arriving_`
    std::shared_ptr<std::atomic<bool>> ended_ = std::make_shared<std::atomic<bool>>(false);
    std::atomic<std::thread::id> thread_{};
    std::unique_ptr<drainer> drainer_{};
    std::string date_{};
    tick date_until_ = 0;
    bool draining_ = false;
};

}  // namespace anywire

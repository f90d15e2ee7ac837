#pragma once

#include <anywire/server.hpp>

#include "support/raw_client.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace anywire::test {

/// What handlers have seen, in the order they saw it. Tests wait for it.
///
/// Thread: any.
class notes {
public:
    void add(std::string line) {
        // Held while others are told: who has seen the last line may destroy this.
        std::scoped_lock const lock(mutex_);
        lines_.push_back(std::move(line));
        changed_.notify_all();
    }

    /// Waits until at least `times` notes begin with `start`; false when they do not come.
    bool wait_for(std::string_view start, std::size_t times = 1) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, patience, [&] { return count_locked(start) >= times; });
    }
    /// Waits until all notes together make `is_true(lines)` true; false when they do not.
    template <class Condition>
    bool wait_until(Condition is_true) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, patience, [&] { return is_true(std::as_const(lines_)); });
    }
    std::size_t count(std::string_view start) const {
        std::scoped_lock const lock(mutex_);
        return count_locked(start);
    }
    std::vector<std::string> all() const {
        std::scoped_lock const lock(mutex_);
        return lines_;
    }

private:
    std::size_t count_locked(std::string_view start) const {
        return static_cast<std::size_t>(
            std::count_if(lines_.begin(), lines_.end(), [&](std::string const& l) {
                return l.starts_with(start);
            }));
    }

    mutable std::mutex mutex_{};
    std::condition_variable changed_{};
    std::vector<std::string> lines_{};
};

/// For what no event announces: looks again and again, with a limit.
template <class Condition>
bool eventually(Condition is_true) {
    auto const until = std::chrono::steady_clock::now() + patience;
    while (!is_true()) {
        if (std::chrono::steady_clock::now() > until) return false;
        ::poll(nullptr, 0, 1);
    }
    return true;
}

/// Echoes, and notes "open", "message <text>" and "close <reason> <code>".
inline handlers noting_echo(notes& seen) {
    return {.on_open = [&seen](session&) { seen.add("open"); },
            .on_message =
                [&seen](session& s, message_view m) {
                    (void)s.send(m);
                    seen.add("message " + std::string(m.data));
                },
            .on_close =
                [&seen](session&, close_event const& e) {
                    seen.add("close " + std::string(to_string(e.reason)) + " " +
                             std::to_string(static_cast<unsigned>(e.code)));
                }};
}

inline handlers echo() {
    return {.on_message = [](session& s, message_view m) { (void)s.send(m); }};
}

/// Options for a server on a free port of the loopback.
inline server_options on_free_port(unsigned threads = 1) {
    return {.port = 0, .threads = threads};
}

/// A server on a thread of its own; stopped and joined at the end.
class running_server {
public:
    /// `set_up` mounts; it runs before the server does.
    running_server(server_options options, std::function<void(server&)> const& set_up)
        : server_(std::move(options)) {
        set_up(server_);
        thread_ = std::thread([this] {
            server_.run();
            {
                std::scoped_lock const lock(mutex_);
                done_ = true;
            }
            changed_.notify_all();
        });
    }
    ~running_server() {
        server_.stop();
        thread_.join();
    }
    running_server(running_server const&) = delete;
    running_server& operator=(running_server const&) = delete;

    server* operator->() noexcept { return &server_; }
    std::uint16_t port(std::size_t index = 0) const { return server_.port(index); }

    /// Waits until `run` has returned; false when it does not.
    bool wait_for_end() {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, patience, [this] { return done_; });
    }
    bool has_ended() {
        std::scoped_lock const lock(mutex_);
        return done_;
    }

private:
    server server_;
    std::mutex mutex_{};
    std::condition_variable changed_{};
    bool done_ = false;
    std::thread thread_{};
};

/// Returns when every shard has read what had been sent to it before: as many connections as reach
/// each of a few shards get an answer.
inline void settle(running_server const& s) {
    for (int i = 0; i < 64; ++i) (void)raw_client(s.port()).get("/settle");
}

}  // namespace anywire::test

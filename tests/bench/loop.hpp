#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <sys/epoll.h>

namespace bench {

using steady = std::chrono::steady_clock;
using time_point = steady::time_point;

/// Hears what a descriptor is ready for.
class watcher {
public:
    watcher(watcher const&) = delete;
    watcher& operator=(watcher const&) = delete;

    /// `events` are those of epoll. May be called once more, for nothing, after the descriptor was
    /// closed and its number taken again in the same turn.
    virtual void on_ready(std::uint32_t events) = 0;

protected:
    watcher() noexcept = default;
    ~watcher() = default;
};

/// An epoll descriptor, level-triggered, and the one buffer that everything is read into.
class event_loop {
public:
    static constexpr std::size_t buffer_size = 256 * 1024;

    event_loop();
    ~event_loop();
    event_loop(event_loop const&) = delete;
    event_loop& operator=(event_loop const&) = delete;

    void add(int fd, std::uint32_t events, watcher& w);
    void change(int fd, std::uint32_t events, watcher& w);

    /// Looks for a moment before it sleeps: waking a sleeping generator would be part of what a
    /// send costs the server. Only where the generator has a core of its own.
    void set_spinning(bool spins) noexcept { spins_ = spins; }

    /// Waits at most until `deadline` and hands out what is ready.
    void turn(time_point deadline);

    /// Turns until `done` or the deadline; says whether it was `done`.
    template <class Done>
    bool run_until(time_point deadline, Done done) {
        while (!done()) {
            if (steady::now() >= deadline) return false;
            turn(deadline);
        }
        return true;
    }

    char* buffer() noexcept { return buffer_.data(); }

private:
    int wait(time_point deadline);

    int fd_;
    bool spins_ = false;
    std::array<epoll_event, 512> events_;
    std::array<char, buffer_size> buffer_;
};

}  // namespace bench

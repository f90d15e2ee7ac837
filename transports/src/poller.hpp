#pragma once

#include <anywire/detail/lent_stream.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <sys/epoll.h>

namespace anywire {

namespace net = boost::asio;

/// Tells connections that their sockets are readable or writable: an epoll of our own, itself
/// watched through an executor of Asio as one descriptor.
///
/// It is level-triggered and a socket stays in it, so a message costs no call that waits for the
/// next one, as each `async_wait` does. Asio keeps nothing of a connection either.
///
/// Thread: the shard's.
class poller {
public:
    /// Hears of one socket.
    using watcher = detail::stream_watcher;

    /// Looks as long as `*alive`, which may end while a look is due.
    poller(net::any_io_executor const& executor, std::shared_ptr<bool const> alive);
    poller(poller const&) = delete;
    poller& operator=(poller const&) = delete;

    /// Watches a socket that is not in here yet.
    ///
    /// Errors: false when the kernel has no room for it.
    [[nodiscard]] bool add(int descriptor, std::uint32_t events, watcher& w) noexcept {
        return control(EPOLL_CTL_ADD, descriptor, events, w);
    }
    /// Watches it for something else, or for somebody else. Errors: as `add`.
    [[nodiscard]] bool change(int descriptor, std::uint32_t events, watcher& w) noexcept {
        return control(EPOLL_CTL_MOD, descriptor, events, w);
    }
    /// Before the socket is closed, or its watcher gone.
    void remove(int descriptor) noexcept;
    /// What one look has brought already is not told to `w` any more; `remove` does not see to
    /// that.
    void forget(watcher const& w) noexcept;
    /// Looks again, if an exception has kept it from that.
    void watch() {
        if (!waiting_) wait();
    }
    /// Nothing is told any more, also not of the look that is under way.
    void close() noexcept;

private:
    static constexpr std::size_t most_per_look = 128;

    bool control(int what, int descriptor, std::uint32_t events, watcher& w) noexcept;
    void wait();
    void look();

    net::posix::stream_descriptor epoll_;
    std::shared_ptr<bool const> alive_;
    std::array<epoll_event, most_per_look> events_;
    std::size_t next_ = 0;
    std::size_t count_ = 0;
    bool waiting_ = false;
};

}  // namespace anywire

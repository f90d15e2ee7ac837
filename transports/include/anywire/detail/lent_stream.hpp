#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace boost::asio {
class any_io_executor;
}

namespace anywire::detail {

/// Hears that a stream is readable or writable.
class stream_watcher {
public:
    /// `events` are epoll's. EPOLLERR and EPOLLHUP are told whether they are watched for or not:
    /// who wants neither reading nor writing has to end the watch.
    virtual void on_ready(std::uint32_t events) = 0;

protected:
    ~stream_watcher() = default;
};

/// A byte stream that a program has lent, whatever it is made of: read and written without waiting,
/// as a socket of the kernel's.
///
/// Thread: the executor that it is bound to.
class lent_stream {
public:
    enum class status : std::uint8_t { ok, again, end, failed };
    struct outcome {
        status what = status::again;
        std::size_t bytes = 0;
    };

    virtual ~lent_stream() = default;

    virtual outcome read(char* to, std::size_t room) noexcept = 0;
    /// Takes what fits into its buffer.
    virtual outcome write(std::string_view bytes) noexcept = 0;
    /// Tells `who` of EPOLLIN and EPOLLOUT, as long as they hold; null ends the watch.
    virtual void watch(std::uint32_t events, stream_watcher* who) noexcept = 0;
    /// Sends the end of the stream after what was written; reading goes on.
    virtual void shutdown_send() noexcept = 0;
    /// Closes it after what was written, but for a peer that does not read.
    virtual void close() noexcept = 0;
    virtual bool has_peer_ended() const noexcept = 0;

    /// Calls `then` when nothing of it is under way any more. Requires: it is not watched.
    virtual void when_idle(std::function<void()> then) = 0;
    /// Goes on on another executor. Requires: nothing of it is under way.
    virtual void bind(boost::asio::any_io_executor const& executor) = 0;
};

}  // namespace anywire::detail

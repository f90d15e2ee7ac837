#pragma once

#include <anywire/detail/lent_stream.hpp>

#include "poller.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace anywire::gateway {

/// Two pipes as one stream: one to read from, one to write to, which may be missing.
///
/// Who reads the other end of the one to write to may close it and still have something to say, so
/// what is written then goes nowhere without being an error. SIGPIPE has to be ignored.
/// Thread: the shard's. Its descriptors do not block, and are its own.
class pipe_stream final : public detail::lent_stream {
public:
    /// `to` is -1 where nothing is written.
    pipe_stream(poller& sockets, int from, int to) noexcept;
    ~pipe_stream() override;
    pipe_stream(pipe_stream const&) = delete;
    pipe_stream& operator=(pipe_stream const&) = delete;

    outcome read(char* to, std::size_t room) noexcept override;
    outcome write(std::string_view bytes) noexcept override;
    void watch(std::uint32_t events, detail::stream_watcher* who) noexcept override;
    void shutdown_send() noexcept override { to_.close(); }
    void close() noexcept override;
    bool has_peer_ended() const noexcept override;
    void when_idle(std::function<void()> then) override { then(); }
    void bind(boost::asio::any_io_executor const&) override {}

private:
    /// One descriptor. Only what is waited for is in the poller, as an end of the other side would
    /// be told of all the time.
    class end final : public poller::watcher {
    public:
        end(pipe_stream& of, int descriptor, std::uint32_t tells) noexcept
            : of_(of), descriptor_(descriptor), tells_(tells) {}
        int descriptor() const noexcept { return descriptor_; }
        void watch(bool is) noexcept;
        void close() noexcept;

    private:
        void on_ready(std::uint32_t events) override;

        pipe_stream& of_;
        int descriptor_;
        std::uint32_t tells_;
        bool is_watched_ = false;
    };

    poller& sockets_;
    detail::stream_watcher* who_ = nullptr;
    end from_;
    end to_;
};

}  // namespace anywire::gateway

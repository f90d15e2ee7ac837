#pragma once

#include <anywire/detail/lent_stream.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <utility>

namespace anywire::detail {

/// Any stream of the Asio kind as a `lent_stream`: one read and one write under way at most, each
/// with a buffer. Its operations complete on the executor that it is bound to.
template <class Stream>
class asio_stream final : public lent_stream {
public:
    explicit asio_stream(Stream stream) : state_(std::make_shared<state>(std::move(stream))) {}
    ~asio_stream() override { state_->watch(0, nullptr); }
    asio_stream(asio_stream const&) = delete;
    asio_stream& operator=(asio_stream const&) = delete;

    outcome read(char* to, std::size_t room) noexcept override { return state_->read(to, room); }
    outcome write(std::string_view bytes) noexcept override { return state_->write(bytes); }
    void watch(std::uint32_t events, stream_watcher* who) noexcept override {
        state_->watch(events, who);
    }
    void shutdown_send() noexcept override { state_->end_sending(); }
    void close() noexcept override { state_->close(); }
    bool has_peer_ended() const noexcept override { return state_->has_ended(); }
    void when_idle(std::function<void()> then) override { state_->when_idle(std::move(then)); }
    void bind(boost::asio::any_io_executor const& executor) override { state_->bind(executor); }

    /// The stream. Requires: nothing of it is under way.
    Stream take() { return std::move(state_->stream()); }

private:
    class state : public std::enable_shared_from_this<state> {
    public:
        explicit state(Stream stream)
            : stream_(std::move(stream)), executor_(stream_.get_executor()) {}

        Stream& stream() noexcept { return stream_; }
        bool has_ended() const noexcept { return ended_ != status::ok; }
        void bind(boost::asio::any_io_executor const& executor) { executor_ = executor; }

        outcome read(char* to, std::size_t room) noexcept {
            auto const n = std::min(room, in_end_ - in_begin_);
            if (n == 0) return {has_ended() ? ended_ : status::again, 0};
            std::copy_n(in_.get() + in_begin_, n, to);
            in_begin_ += n;
            return {status::ok, n};
        }

        outcome write(std::string_view bytes) noexcept {
            if (failed_) return {status::failed, 0};
            try {
                auto const n = std::min(bytes.size(), most_out - std::min(most_out, out_.size()));
                if (n == 0) return {status::again, 0};
                out_.append(bytes.substr(0, n));
                write_on();
                return {status::ok, n};
            } catch (...) {
                return {status::failed, 0};
            }
        }

        void watch(std::uint32_t events, stream_watcher* who) noexcept {
            events_ = who ? events : 0;
            watcher_ = who;
            if (events_ != 0) go_on();
        }

        void end_sending() noexcept {
            ends_ = true;
            if (!writing_) shut_down();
        }

        /// What was written still goes out, if the peer reads it.
        void close() noexcept {
            watch(0, nullptr);
            closes_ = true;
            if (!writing_) return close_now();
            try {
                patience_.emplace(executor_, std::chrono::seconds(5));
                patience_->async_wait([self = this->shared_from_this()](auto ec) {
                    if (!ec) self->close_now();
                });
            } catch (...) {
                close_now();
            }
        }

        void when_idle(std::function<void()> then) {
            idle_ = std::move(then);
            tell_if_idle();
        }

    private:
        static constexpr std::size_t in_size = std::size_t{16} * 1024;
        static constexpr std::size_t most_out = std::size_t{64} * 1024;

        /// Begins what is wanted, and tells soon of what is there already.
        void go_on() noexcept {
            try {
                if ((events_ & EPOLLIN) != 0) read_on();
                if (ready() != 0 && !telling_) {
                    telling_ = true;
                    boost::asio::post(executor_, [self = this->shared_from_this()] {
                        self->telling_ = false;
                        self->tell();
                    });
                }
            } catch (...) {
                failed_ = true;
                ended_ = status::failed;
            }
        }

        std::uint32_t ready() const noexcept {
            auto now = std::uint32_t{0};
            if (in_begin_ != in_end_ || has_ended()) now |= EPOLLIN;
            if (has_ended()) now |= EPOLLRDHUP;
            if (out_.size() < most_out) now |= EPOLLOUT;
            if (failed_) now |= EPOLLERR;
            return now & (events_ | EPOLLERR);
        }

        void tell() noexcept {
            auto const now = ready();
            if (!watcher_ || now == 0) return;
            watcher_->on_ready(now);
            if (watcher_) go_on();
        }

        void read_on() {
            if (reading_ || in_begin_ != in_end_ || has_ended()) return;
            if (!in_) in_ = std::make_unique_for_overwrite<char[]>(in_size);
            reading_ = true;
            stream_.async_read_some(
                boost::asio::buffer(in_.get(), in_size),
                boost::asio::bind_executor(
                    executor_, [self = this->shared_from_this()](auto ec, std::size_t n) {
                        self->on_read(ec, n);
                    }));
        }

        void on_read(boost::system::error_code ec, std::size_t n) noexcept {
            reading_ = false;
            in_begin_ = 0;
            in_end_ = n;
            // A TLS peer that ends without its goodbye has ended all the same.
            if (ec && ec != boost::asio::error::operation_aborted) ended_ = status::end;
            tell();
            tell_if_idle();
        }

        void write_on() {
            if (writing_ || out_.empty()) return;
            writing_ = true;
            flying_.swap(out_);
            out_.clear();
            sent_ = 0;
            write_rest();
        }

        void write_rest() {
            stream_.async_write_some(
                boost::asio::buffer(flying_.data() + sent_, flying_.size() - sent_),
                boost::asio::bind_executor(
                    executor_, [self = this->shared_from_this()](auto ec, std::size_t n) {
                        self->on_written(ec, n);
                    }));
        }

        void on_written(boost::system::error_code ec, std::size_t n) noexcept {
            sent_ += n;
            try {
                if (!ec && sent_ < flying_.size()) return write_rest();
                writing_ = false;
                if (ec) {
                    failed_ = true;
                    out_.clear();
                } else {
                    write_on();
                }
            } catch (...) {
                writing_ = false;
                failed_ = true;
            }
            if (!writing_ && closes_) return close_now();
            if (!writing_ && ends_) shut_down();
            tell();
            tell_if_idle();
        }

        void tell_if_idle() {
            if (idle_ && !reading_ && !writing_) std::exchange(idle_, {})();
        }

        void shut_down() noexcept {
            if constexpr (requires(Stream & s) { s.lowest_layer(); }) {
                boost::system::error_code ignored;
                stream_.lowest_layer().shutdown(boost::asio::socket_base::shutdown_send, ignored);
            }
        }

        void close_now() noexcept {
            if constexpr (requires(Stream & s) { s.lowest_layer(); }) {
                boost::system::error_code ignored;
                stream_.lowest_layer().close(ignored);
            }
            if (patience_) patience_->cancel();
        }

        Stream stream_;
        boost::asio::any_io_executor executor_;
        stream_watcher* watcher_ = nullptr;
        std::uint32_t events_ = 0;
        std::unique_ptr<char[]> in_{};
        std::size_t in_begin_ = 0;
        std::size_t in_end_ = 0;
        std::string out_{};
        std::string flying_{};  // handed to the stream
        std::size_t sent_ = 0;  // of those
        std::function<void()> idle_{};
        std::optional<boost::asio::steady_timer> patience_{};
        status ended_ = status::ok;
        bool reading_ = false;
        bool writing_ = false;
        bool telling_ = false;
        bool failed_ = false;
        bool ends_ = false;
        bool closes_ = false;
    };

    std::shared_ptr<state> state_;
};

}  // namespace anywire::detail

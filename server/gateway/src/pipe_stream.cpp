#include "pipe_stream.hpp"

#include "byte_stream.hpp"

#include <cerrno>
#include <unistd.h>
#include <utility>

namespace anywire::gateway {
namespace {

bool is_transient(int error) noexcept {
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

}  // namespace

pipe_stream::pipe_stream(poller& sockets, int from, int to) noexcept
    : sockets_(sockets), from_(*this, from, EPOLLIN), to_(*this, to, EPOLLOUT) {}

pipe_stream::~pipe_stream() {
    close();
}

detail::lent_stream::outcome pipe_stream::read(char* to, std::size_t room) noexcept {
    auto const n = ::read(from_.descriptor(), to, room);
    if (n > 0) return {status::ok, static_cast<std::size_t>(n)};
    if (n == 0) return {status::end, 0};
    return {is_transient(errno) ? status::again : status::failed, 0};
}

detail::lent_stream::outcome pipe_stream::write(std::string_view bytes) noexcept {
    if (to_.descriptor() >= 0) {
        auto const n = ::write(to_.descriptor(), bytes.data(), bytes.size());
        if (n >= 0) return {status::ok, static_cast<std::size_t>(n)};
        if (is_transient(errno)) return {status::again, 0};
        to_.close();
    }
    return {status::ok, bytes.size()};
}

void pipe_stream::watch(std::uint32_t events, detail::stream_watcher* who) noexcept {
    who_ = who;
    from_.watch(who && (events & (EPOLLIN | EPOLLRDHUP)) != 0);
    to_.watch(who && (events & EPOLLOUT) != 0);
}

void pipe_stream::close() noexcept {
    from_.close();
    to_.close();
}

bool pipe_stream::has_peer_ended() const noexcept {
    return from_.descriptor() < 0 || peer_has_ended(from_.descriptor());
}

void pipe_stream::end::watch(bool is) noexcept {
    if (is == is_watched_ || descriptor_ < 0) return;
    auto& sockets = of_.sockets_;
    // A pipe that the kernel has no room to watch is as good as closed.
    if (is && !sockets.add(descriptor_, tells_, *this)) return close();
    if (!is) {
        sockets.forget(*this);
        sockets.remove(descriptor_);
    }
    is_watched_ = is;
}

void pipe_stream::end::close() noexcept {
    watch(false);
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

/// Whatever has happened, the next read or write says.
void pipe_stream::end::on_ready(std::uint32_t) {
    if (of_.who_) of_.who_->on_ready(tells_);
}

}  // namespace anywire::gateway

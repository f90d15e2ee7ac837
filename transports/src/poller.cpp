#include "poller.hpp"

#include "session/shard_host.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace anywire {
namespace {

int make_epoll() {
    auto const descriptor = ::epoll_create1(EPOLL_CLOEXEC);
    if (descriptor < 0)
        throw std::system_error(errno, std::system_category(), "cannot make an epoll");
    return descriptor;
}

}  // namespace

poller::poller(net::any_io_executor const& executor, std::shared_ptr<bool const> alive)
    : epoll_(executor, make_epoll()), alive_(std::move(alive)) {
    wait();
}

void poller::close() noexcept {
    count_ = 0;
    boost::system::error_code ignored;
    epoll_.close(ignored);
}

bool poller::control(int what, int descriptor, std::uint32_t events, watcher& w) noexcept {
    epoll_event e{.events = events, .data = {.ptr = &w}};
    return ::epoll_ctl(epoll_.native_handle(), what, descriptor, &e) == 0;
}

void poller::remove(int descriptor) noexcept {
    epoll_event unused{};
    (void)::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_DEL, descriptor, &unused);
}

void poller::forget(watcher const& w) noexcept {
    for (auto i = next_; i < count_; ++i)
        if (events_[i].data.ptr == &w) events_[i].data.ptr = nullptr;
}

void poller::wait() {
    epoll_.async_wait(net::posix::descriptor_base::wait_read,
                      [this, alive = alive_](boost::system::error_code ec) {
                          if (!*alive) return;
                          waiting_ = false;
                          if (!ec) look();
                      });
    waiting_ = true;
}

void poller::look() {
    auto const alive = alive_;
    auto const n =
        ::epoll_wait(epoll_.native_handle(), events_.data(), static_cast<int>(events_.size()), 0);
    count_ = n > 0 ? static_cast<std::size_t>(n) : 0;
    // Who has gone comes first: what the others ask for now must not be answered to him.
    std::partition(
        events_.begin(),
        events_.begin() + static_cast<std::ptrdiff_t>(count_),
        [](epoll_event const& e) { return (e.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0; });
    for (next_ = 0; next_ < count_;) {
        auto const& e = events_[next_++];
        if (!e.data.ptr) continue;
        {
            host_turn const turn;
            static_cast<watcher*>(e.data.ptr)->on_ready(e.events);
        }
        // Another host may have had its turn, and ended this one.
        if (!*alive) return;
    }
    next_ = count_ = 0;
    if (epoll_.is_open()) wait();
}

}  // namespace anywire

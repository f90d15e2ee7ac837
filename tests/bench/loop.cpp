#include "loop.hpp"

#include <algorithm>
#include <cerrno>
#include <sys/epoll.h>
#include <system_error>
#include <unistd.h>

namespace bench {

event_loop::event_loop() : fd_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
}

event_loop::~event_loop() {
    ::close(fd_);
}

void event_loop::add(int fd, std::uint32_t events, watcher& w) {
    epoll_event e{.events = events, .data = {.ptr = &w}};
    if (::epoll_ctl(fd_, EPOLL_CTL_ADD, fd, &e) != 0)
        throw std::system_error(errno, std::generic_category(), "epoll_ctl");
}

void event_loop::change(int fd, std::uint32_t events, watcher& w) {
    epoll_event e{.events = events, .data = {.ptr = &w}};
    ::epoll_ctl(fd_, EPOLL_CTL_MOD, fd, &e);
}

void event_loop::turn(time_point deadline) {
    using std::chrono::milliseconds;
    auto const left = std::chrono::ceil<milliseconds>(deadline - steady::now()).count();
    std::array<epoll_event, 512> events;
    auto const n = ::epoll_wait(
        fd_, events.data(), events.size(), static_cast<int>(std::clamp<long>(left, 0, 1'000)));
    for (int i = 0; i < n; ++i) {
        auto const& e = events[static_cast<std::size_t>(i)];
        static_cast<watcher*>(e.data.ptr)->on_ready(e.events);
    }
}

}  // namespace bench

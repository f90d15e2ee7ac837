#include "loop.hpp"

#include <algorithm>
#include <cerrno>
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

int event_loop::wait(time_point deadline) {
    using namespace std::chrono_literals;
    auto const wait_for = [this](long ms) {
        return ::epoll_wait(
            fd_, events_.data(), static_cast<int>(events_.size()), static_cast<int>(ms));
    };
    if (spins_)
        for (auto const end = std::min(deadline, steady::now() + 200us); steady::now() < end;)
            if (auto const n = wait_for(0); n != 0) return n;
    auto const left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady::now());
    return wait_for(std::clamp<long>(left.count(), 0, 1'000));
}

void event_loop::turn(time_point deadline) {
    auto const n = wait(deadline);
    for (int i = 0; i < n; ++i) {
        auto const& e = events_[static_cast<std::size_t>(i)];
        static_cast<watcher*>(e.data.ptr)->on_ready(e.events);
    }
}

}  // namespace bench

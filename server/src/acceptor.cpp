#include "acceptor.hpp"

#include "io_host.hpp"
#include "newcomer.hpp"
#include "proxy_intake.hpp"
#include "socket_address.hpp"

#include <cerrno>
#include <fcntl.h>
#include <string>
#include <unistd.h>
#include <utility>

namespace anywire {
namespace {

using namespace std::chrono_literals;

constexpr int most_per_wake = 64;

[[gnu::cold]] void refuse_untrusted(shard& here, std::string const& address) {
    here.numbers().count_refused(refusal_cause::untrusted_proxy);
    here.log().write(log_level::info,
                     "a connection of ",
                     address,
                     " to a listener that requires the PROXY protocol was closed: "
                     "name that address in `trusted_proxies` if it is the proxy's");
}

}  // namespace

acceptor::acceptor(shard& owner, descriptor_owner socket, listener_traits traits)
    : shard_(owner),
      socket_(owner.io().executor()),
      traits_(traits),
      spare_(::open("/dev/null", O_RDONLY | O_CLOEXEC)) {
    socket_.assign(socket.get());
    (void)socket.release();
}

acceptor::~acceptor() {
    if (spare_ >= 0) ::close(spare_);
}

void acceptor::start() {
    wait();
}

void acceptor::close() noexcept {
    closed_ = true;
    disarm();
    boost::system::error_code ignored;
    socket_.close(ignored);
}

void acceptor::wait() {
    socket_.async_wait(net::posix::descriptor_base::wait_read,
                       [this](boost::system::error_code ec) {
                           if (ec || closed_) return;
                           shard_.host().begin_event("new connections");
                           if (!shard_.host().guard("a new connection", [this] { accept_some(); }))
                               pause();
                           shard_.host().end_event();
                       });
}

void acceptor::accept_some() {
    for (int i = 0; i < most_per_wake; ++i) {
        if (accept_one()) continue;
        if (is_armed() || closed_) return;  // paused
        break;
    }
    wait();
}

bool acceptor::accept_one() {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    auto const descriptor = ::accept4(socket_.native_handle(),
                                      reinterpret_cast<sockaddr*>(&from),
                                      &size,
                                      SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor >= 0) {
        admit(descriptor_owner(descriptor), from);
        return true;
    }
    switch (errno) {
        case EAGAIN: return false;
        case EMFILE:
        case ENFILE:
        case ENOBUFS:
        case ENOMEM: out_of_descriptors(); return false;
        default: return true;  // this caller has gone already; the next one
    }
}

[[gnu::cold]] void acceptor::out_of_descriptors() {
    if (!complained_)
        shard_.log().write(
            log_level::error,
            "out of descriptors: turning connections away; raise the limit (ulimit -n)");
    shard_.numbers().count_refused(refusal_cause::out_of_descriptors);
    complained_ = true;
    if (spare_ >= 0) {
        ::close(spare_);
        auto const descriptor = ::accept4(socket_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC);
        if (descriptor >= 0) ::close(descriptor);
        spare_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
    pause();
}

void acceptor::pause() noexcept {
    if (!closed_) shard_.loop().wheel().arm(*this, shard_.loop().now() + to_ticks(100ms));
}

void acceptor::on_timer(tick) {
    if (spare_ < 0) spare_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (!closed_ && !shard_.host().guard("an acceptor", [this] { wait(); })) pause();
}

void acceptor::admit(descriptor_owner socket, sockaddr_storage const& from) {
    auto const& trusted = shard_.core().trusted;
    newcomer n{.socket = std::move(socket),
               .address = client_address(from),
               .tls = traits_.tls,
               .intake = traits_.intake};
    if (!traits_.is_for_clients) {
        complained_ = false;
        return traits_.intake->take(shard_, std::move(n));
    }
    if (!traits_.reads_proxy_header) {
        if (!has_room_for(shard_, n)) return;
        complained_ = false;
        return take_in(shard_, std::move(n));
    }
    if (from.ss_family != AF_UNIX && !trusted.empty() && !trusted.contains(n.address)) {
        return refuse_untrusted(shard_, n.address);
    }
    if (!has_room_for(shard_, n)) return;
    complained_ = false;
    proxy_intake::open(shard_, std::move(n));
}

}  // namespace anywire

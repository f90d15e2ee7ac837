#include <anywire/service.hpp>
#include <anywire/stomp.hpp>
#include <anywire/stomp_tcp.hpp>

#include "acceptor.hpp"
#include "address_text.hpp"
#include "io_host.hpp"
#include "listening_socket.hpp"
#include "service_core.hpp"
#include "service_shards.hpp"
#include "shard.hpp"
#include "stomp_tcp_mount.hpp"
#include "tls_source.hpp"

#include <atomic>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/socket.h>
#include <utility>
#include <vector>

namespace anywire::stomp {
namespace {

tcp_options checked(service_core const& core, tcp_options o) {
    require_sound(o.listen.tls);
    if (!core.shards.front()->site())
        throw std::logic_error("stomp::tcp_listener: a host in memory has no sockets");
    return o;
}

std::string url_at(listening_sockets const& bound, bool is_secure) {
    if (bound.is_unix) return "unix:" + bound.address;
    auto const http = url_of(bound.address, bound.port, is_secure);
    return (is_secure ? "stomp+ssl" : "stomp") + http.substr(http.find("://"));
}

/// Has the kernel ask a silent client whether it is there; accepted sockets inherit it.
void probe_soon(int socket) noexcept {
    auto const set = [socket](int option, int value) {
        (void)::setsockopt(socket, IPPROTO_TCP, option, &value, sizeof value);
    };
    set(TCP_KEEPIDLE, 60);
    set(TCP_KEEPINTVL, 20);
    set(TCP_KEEPCNT, 3);
}

}  // namespace

/// What listens. It stays as long as the shards have a part of it.
class tcp_listener::state final : public std::enable_shared_from_this<state> {
public:
    state(service_core& core, tcp_options const& o)
        : shards_(core.group_of_shards()),
          tls_(o.listen.tls.certificate.empty() ? nullptr
                                                : std::make_unique<tls_source>(o.listen.tls)),
          sockets_(listen_for(o.listen, core.shards.size())),
          url_(url_at(sockets_, tls_ != nullptr)),
          reads_proxy_header_(o.listen.proxy_protocol == proxy_protocol::required),
          acceptors_(core.shards.size()) {
        if (sockets_.is_unix) return;
        for (auto const& s : sockets_.each) probe_soon(s.get());
    }

    std::uint16_t port() const noexcept { return sockets_.port; }
    std::string const& url() const noexcept { return url_; }
    std::string reload() { return tls_ ? tls_->reload() : std::string{}; }

    void begin(service_core& core, handlers app, session_limits const& limits) {
        mount_ = std::make_shared<stomp_tcp_mount>(
            mount_place{core, url_, core.next_mount.fetch_add(1)}, limits, std::move(app));
        (void)core.mount(mount_, {}, false);
        for (auto const& s : core.shards)
            s->post([self = shared_from_this(), &here = *s] { self->begin_on(here); });
    }
    void close() {
        if (is_closed_.exchange(true)) return;
        for (std::size_t i = 0; i < acceptors_.size(); ++i)
            (void)shards_->post(i, [self = shared_from_this(), i] {
                if (self->acceptors_[i]) self->acceptors_[i]->close();
            });
        // Its sessions go on; where there are none, it goes at once.
        (void)shards_->post(0, [self = shared_from_this()] {
            self->sockets_.file.reset();
            auto& core = self->mount_->core();
            core.begin();
            core.change([&](router& next, auto&) { next.remove(*self->mount_); });
        });
    }

private:
    /// An acceptor, and what it needs for as long as it is there.
    class source final : public shard_source {
    public:
        source(std::shared_ptr<state> of, shard& here, descriptor_owner socket)
            : of_(std::move(of)),
              acceptor_(here,
                        std::move(socket),
                        {.tls = of_->tls_.get(),
                         .reads_proxy_header = of_->reads_proxy_header_,
                         .intake = of_->mount_.get()}) {}
        void start() override { acceptor_.start(); }
        void close() noexcept override { acceptor_.close(); }

    private:
        std::shared_ptr<state> of_;
        acceptor acceptor_;
    };

    void begin_on(shard& here) {
        auto socket = std::move(sockets_.each[here.index()]);
        if (is_closed_ || here.is_draining()) return;
        auto made = std::make_unique<source>(shared_from_this(), here, std::move(socket));
        made->start();
        acceptors_[here.index()] = made.get();
        here.add_source(std::move(made));
    }

    std::shared_ptr<service_shards> shards_;
    std::unique_ptr<tls_source> tls_;
    listening_sockets sockets_;  // until the shards have them
    std::string url_;
    bool reads_proxy_header_;
    std::shared_ptr<stomp_tcp_mount> mount_{};
    std::vector<source*> acceptors_;  // by shard, each that shard's
    std::atomic<bool> is_closed_{false};
};

tcp_listener::tcp_listener(service& at, server const& broker, tcp_options o) {
    auto& core = at.core();
    auto const options = checked(core, std::move(o));
    state_ = std::make_shared<state>(core, options);
    state_->begin(core, attach(at, broker), options.limits);
}

tcp_listener::~tcp_listener() {
    close();
}

void tcp_listener::close() noexcept try { state_->close(); } catch (...) {
    // Without memory for it, it listens on until its service ends.
}

std::uint16_t tcp_listener::port() const noexcept {
    return state_->port();
}
std::string const& tcp_listener::url() const noexcept {
    return state_->url();
}
std::string tcp_listener::reload_certificates() {
    return state_->reload();
}

}  // namespace anywire::stomp

#include "dialer.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

namespace anywire {
namespace {

constexpr std::size_t most_addresses = 32;

void set_option(int descriptor, int level, int name, int value) noexcept {
    (void)::setsockopt(descriptor, level, name, &value, sizeof value);
}

void set_tcp_options(int descriptor, std::chrono::milliseconds keep_alive) noexcept {
    set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
    if (keep_alive.count() <= 0) return;
    constexpr long long longest = 32'767;  // the kernel's own
    auto const seconds = std::clamp<long long>(keep_alive.count() / 1000, 1, longest);
    set_option(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, static_cast<int>(seconds));
    set_option(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, 10);
    set_option(descriptor, IPPROTO_TCP, TCP_KEEPCNT, 4);
}

}  // namespace

std::vector<net::ip::tcp::endpoint> interleaved(
    std::vector<net::ip::tcp::endpoint> const& resolved) {
    std::vector<net::ip::tcp::endpoint> out;
    if (resolved.empty()) return out;
    auto const first_is_v6 = resolved.front().address().is_v6();
    auto const next_of = [&](std::size_t& at, bool v6) {
        while (at < resolved.size() && resolved[at].address().is_v6() != v6) ++at;
        if (at < resolved.size()) out.push_back(resolved[at++]);
    };
    for (std::size_t first = 0, second = 0; first < resolved.size() || second < resolved.size();) {
        next_of(first, first_is_v6);
        next_of(second, !first_is_v6);
    }
    return out;
}

client_failure no_address(std::string const& name, error_code why) {
    client_failure out;
    out.stage = client_stage::resolve;
    out.error = why;
    out.text = "the name '" + name + "' has no address: " + why.message();
    return out;
}

std::string dial_target::text() const {
    if (!unix_socket.empty()) return "the socket '" + unix_socket + "'";
    auto const v6 = host.find(':') != std::string::npos;
    return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

/// One socket on its way.
struct dialer::attempt final : poller::watcher {
    attempt(dialer& of, int socket) noexcept : owner(of), descriptor(socket) {}
    ~attempt() {
        if (descriptor < 0) return;
        leave();
        ::close(descriptor);
    }
    attempt(attempt const&) = delete;
    attempt& operator=(attempt const&) = delete;

    void leave() noexcept {
        owner.host_.sockets().forget(*this);
        owner.host_.sockets().remove(descriptor);
    }
    void on_ready(std::uint32_t) override {
        auto& host = owner.host_;
        host.begin_event("a connection's beginning");
        (void)host.guard("a connection's beginning", [this] { owner.on_attempt(*this); });
        host.end_event();
    }

    dialer& owner;
    int descriptor;
};

dialer::dialer(io_host& host, dial_options const& options, events& to) noexcept
    : host_(host), options_(options), to_(to) {}

dialer::~dialer() = default;

void dialer::start(dial_target target) {
    target_ = std::move(target);
    if (!target_.unix_socket.empty()) {
        stage_ = client_stage::connect;
        sockaddr_un path{};
        path.sun_family = AF_UNIX;
        if (target_.unix_socket.size() >= sizeof path.sun_path) {
            note_failure(ENAMETOOLONG);
            return fail();
        }
        target_.unix_socket.copy(path.sun_path, sizeof path.sun_path - 1);
        if (!begin(&path, sizeof path, AF_UNIX)) fail();
        return;
    }
    lookup_.start(host_,
                  target_.host,
                  target_.port,
                  [this](error_code ec, std::vector<net::ip::tcp::endpoint> const& all) {
                      on_resolved(ec, all);
                  });
}

void dialer::on_resolved(error_code ec, std::vector<net::ip::tcp::endpoint> const& all) {
    if (ec) return to_.on_dial_failed(no_address(target_.host, ec));
    stage_ = client_stage::connect;
    addresses_ = interleaved(all);
    if (addresses_.size() > most_addresses) addresses_.resize(most_addresses);
    try_next();
}

/// Begins with the next address that does not fail at once.
void dialer::try_next() {
    while (next_ < addresses_.size()) {
        auto const& a = addresses_[next_++];
        if (!begin(a.data(), static_cast<unsigned>(a.size()), a.protocol().family())) continue;
        if (next_ < addresses_.size())
            host_.loop().wheel().arm(*this, host_.loop().now() + to_ticks(options_.next_address));
        return;
    }
    if (attempts_.empty()) fail();
}

bool dialer::begin(void const* address, unsigned size, int family) {
    auto const s = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s < 0) {
        note_failure(errno);
        return false;
    }
    auto made = std::make_unique<attempt>(*this, s);
    if (family != AF_UNIX) set_tcp_options(s, options_.keep_alive);
    if (::connect(s, static_cast<sockaddr const*>(address), size) != 0 && errno != EINPROGRESS) {
        note_failure(errno);
        return false;
    }
    // One that is there already is told of in the next look.
    if (!host_.sockets().add(s, EPOLLOUT, *made)) {
        note_failure(errno);
        return false;
    }
    attempts_.push_back(std::move(made));
    return true;
}

void dialer::on_attempt(attempt& a) {
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(a.descriptor, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    if (error == 0) {
        disarm();
        a.leave();
        auto const descriptor = std::exchange(a.descriptor, -1);
        attempts_.clear();
        return to_.on_dialed(descriptor);
    }
    note_failure(error);
    std::erase_if(attempts_, [&a](auto const& one) { return one.get() == &a; });
    try_next();
}

void dialer::on_timer(tick) {
    try_next();
}

void dialer::note_failure(int error) {
    error_ = error_code(error, boost::system::system_category());
    wrong_ = error_.message();
}

void dialer::fail() {
    client_failure why;
    why.stage = client_stage::connect;
    why.error = error_;
    why.text = "cannot connect to " + target_.text() + ": " + wrong_;
    if (addresses_.size() > 1)
        why.text += " (the last of " + std::to_string(addresses_.size()) + " addresses)";
    to_.on_dial_failed(why);
}

}  // namespace anywire

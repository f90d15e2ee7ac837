#include "acceptor.hpp"

#include "shard.hpp"

#include <boost/asio/ip/address.hpp>

#include <cerrno>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace anywire {
namespace {

using namespace std::chrono_literals;
using reuse_port = net::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

constexpr int most_per_wake = 64;

[[noreturn]] void fail(boost::system::error_code ec,
                       std::string const& address,
                       std::uint16_t port) {
    auto const where = address + ":" + std::to_string(port);
    std::string advice = "cannot listen on " + where;
    if (ec == net::error::address_in_use)
        advice += ": the port is taken; choose another, or 0 for any free one";
    else if (ec == net::error::access_denied)
        advice += ": not permitted; ports below 1024 need privileges";
    throw std::system_error(ec.value(), std::system_category(), advice);
}

/// Closes a descriptor that nobody has taken.
class descriptor_owner {
public:
    explicit descriptor_owner(int descriptor) noexcept : descriptor_(descriptor) {}
    ~descriptor_owner() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    descriptor_owner(descriptor_owner const&) = delete;
    descriptor_owner& operator=(descriptor_owner const&) = delete;
    int release() noexcept { return std::exchange(descriptor_, -1); }

private:
    int descriptor_;
};

std::string address_text(sockaddr_storage const& from) {
    if (from.ss_family == AF_INET) {
        auto const& v4 = reinterpret_cast<sockaddr_in const&>(from);
        return net::ip::address_v4(ntohl(v4.sin_addr.s_addr)).to_string();
    }
    auto const& v6 = reinterpret_cast<sockaddr_in6 const&>(from);
    net::ip::address_v6::bytes_type bytes;
    std::copy(std::begin(v6.sin6_addr.s6_addr), std::end(v6.sin6_addr.s6_addr), bytes.begin());
    net::ip::address_v6 const address(bytes);
    if (address.is_v4_mapped())
        return net::ip::make_address_v4(net::ip::v4_mapped, address).to_string();
    return address.to_string();
}

}  // namespace

tcp_acceptor listen_on(net::any_io_executor const& executor,
                       std::string const& address,
                       std::uint16_t port,
                       bool shared) {
    boost::system::error_code ec;
    auto const ip = net::ip::make_address(address, ec);
    if (ec)
        throw std::invalid_argument("server_options: '" + address +
                                    "' is not an IP address; names are not resolved");
    net::ip::tcp::endpoint const where(ip, port);
    tcp_acceptor socket(executor);
    socket.open(where.protocol(), ec);
    if (!ec) socket.set_option(tcp_acceptor::reuse_address(true), ec);
    if (!ec && shared) socket.set_option(reuse_port(true), ec);
    // What is set here, accepted sockets inherit: no call for each of them.
    if (!ec) socket.set_option(net::ip::tcp::no_delay(true), ec);
    if (!ec) socket.set_option(net::socket_base::keep_alive(true), ec);
    if (!ec) socket.bind(where, ec);
    if (!ec) socket.listen(4096, ec);
    if (!ec) socket.non_blocking(true, ec);
    if (ec) fail(ec, address, port);
    return socket;
}

acceptor::acceptor(shard& owner, tcp_acceptor socket, tls_context const* tls)
    : shard_(owner),
      socket_(std::move(socket)),
      tls_(tls),
      spare_(::open("/dev/null", O_RDONLY | O_CLOEXEC)) {}

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
    socket_.async_wait(tcp_acceptor::wait_read, [this](boost::system::error_code ec) {
        if (ec || closed_) return;
        shard_.host().begin_event("new connections");
        if (!shard_.host().guard("a new connection", [this] { accept_some(); })) pause();
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
        admit(descriptor, from);
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

void acceptor::out_of_descriptors() {
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

void acceptor::admit(int descriptor, sockaddr_storage const& from) {
    auto& core = shard_.core();
    auto const& limits = core.options.limits;
    descriptor_owner owner(descriptor);  // until the connection is: something may throw before
    auto const turn_away = [&](refusal_cause why, std::string_view answer) {
        shard_.numbers().count_refused(why);
        if (!tls_)
            (void)::send(descriptor, answer.data(), answer.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    };
    if (core.connections.load(std::memory_order_relaxed) +
            core.moving.load(std::memory_order_relaxed) >=
        core.max_connections)
        return turn_away(
            refusal_cause::max_connections,
            "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    auto address = address_text(from);
    std::unique_ptr<connection_ticket> ticket;
    // A trusted proxy has one address for all its clients: those are counted by request.
    if (auto const most = limits.max_connections_per_address;
        most != 0 && !core.trusted.contains(address)) {
        ticket = address_ticket::take(core.addresses, address, most);
        if (!ticket)
            return turn_away(
                refusal_cause::max_connections_per_address,
                "HTTP/1.1 429 Too Many Requests\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    }
    complained_ = false;
    shard_.numbers().accepted.add();
    auto tls = tls_ ? std::make_unique<tls_stream>(*tls_, descriptor) : nullptr;
    byte_stream stream(descriptor, std::move(tls));
    owner.release();
    shard_.site()->open({std::move(stream), std::move(address), std::move(ticket)});
}

}  // namespace anywire

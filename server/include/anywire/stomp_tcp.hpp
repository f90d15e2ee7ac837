#pragma once

#include <anywire/limits.hpp>
#include <anywire/listener.hpp>
#include <anywire/stomp/server.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace anywire {

class service;

namespace stomp {

/// Where clients of STOMP over TCP connect to, and what bounds them.
struct tcp_options {
    /// An address, a Unix domain socket or a socket that was inherited, each with TLS and the PROXY
    /// protocol if it says so. Default 127.0.0.1, port 61613, without TLS.
    listener_options listen{.port = 61613};
    /// Of each session, and how many there may be. `max_message` means nothing here: what counts is
    /// `options::max_frame`; a message of `max_messages_per_second` is what one read brings.
    /// `close_handshake` is how long a client may take to close after the server has.
    session_limits limits{};
};

/// Takes in clients of STOMP over plain TCP, as brokers do: they and the clients on the mounts of
/// the `stomp::server` are one audience.
///
/// Each connection is a session whose `session::transport()` is "tcp" and whose request names
/// `url()`, without fields; its address, TLS and certificate are those of the connection. There are
/// no pings: clients are held to the heart-beats that they promise (`heart_beat_options::grace`
/// does not apply), and whoever promises none is found gone by TCP's own, after two minutes. The
/// end of a client's stream is its end. A session that ends has its connection closed after what is
/// queued; an ERROR says why where STOMP has one.
///
/// The limits of the service count for them, too, and `drain` and `stop` end them as all others. In
/// metrics the path of the mount is `url()`.
///
/// Thread: made and closed on any; the others of one object one at a time. It may go before its
///         service or after.
class tcp_listener {
public:
    /// Listens on all shards of `at`, from when they run.
    ///
    /// Throws: `std::invalid_argument` for options out of range, `std::system_error` when it cannot
    ///         listen; `std::logic_error` for a `stomp::server` of another service, one that is
    ///         mounted first while requests are served, and a `testing::host`.
    tcp_listener(service& at, server const& broker, tcp_options o = {});
    /// As `close`.
    ~tcp_listener();
    tcp_listener(tcp_listener const&) = delete;
    tcp_listener& operator=(tcp_listener const&) = delete;

    /// Listens no more, soon. Clients that are connected stay.
    void close() noexcept;

    /// What it listens at; 0 for a Unix domain socket.
    std::uint16_t port() const noexcept;
    /// "stomp://127.0.0.1:61613", with TLS "stomp+ssl://...", or "unix:PATH".
    std::string const& url() const noexcept;

    /// Reads the certificates again, for connections to come. What is wrong, if anything: then all
    /// stays as it is.
    std::string reload_certificates();

private:
    class state;
    std::shared_ptr<state> state_;
};

}  // namespace stomp
}  // namespace anywire

#pragma once

#include <anywire/tls_options.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace anywire {

/// Whether connections begin with a header that says for whom a proxy has made them (the PROXY
/// protocol of HAProxy, version 1 or 2). It is never guessed: with or without is a listener's.
enum class proxy_protocol : std::uint8_t {
    off,  ///< No connection has it; one that has is answered 400.
    /// Every connection has it, before TLS and HTTP; one that has not is closed without an answer.
    /// The client's address is that of the header, for limits, logs and `request`, and the client
    /// is secure where the header says so (PP2_TYPE_SSL). Where `trusted_proxies` is not empty, the
    /// header is believed from those addresses only, and from Unix domain sockets; where it is
    /// empty, from everybody who can connect: let only the proxy. A proxy's own connections (LOCAL,
    /// UNKNOWN) are those of the proxy's address.
    ///
    /// Limits: 107 bytes (version 1), 4 112 bytes (version 2), and `server_limits::tls_handshake`
    ///         to come in.
    required,
};

/// One place to listen at: an address, or a `path`, or a `descriptor`.
struct listener_options {
    std::string address = "127.0.0.1";  ///< Literal IP; names are not resolved.
    std::uint16_t port = 8080;          ///< 0 picks a free one; see `server::port`.
    tls_options tls{};                  ///< TLS 1.2 or newer when given.

    /// A Unix domain socket in place of an address; empty is none. At most 107 bytes. A socket
    /// file that nobody listens at is replaced, as a crash leaves it; whatever else is there, or a
    /// socket that is in use, is an error. The file is removed when `server::run` returns.
    ///
    /// Its clients have the address "unix:", no limit per address applies to them, and
    /// `trusted_proxies` may list "unix:" as the proxy in front.
    std::string path{};
    /// Who may connect to it: the file's permissions, set before it can be connected to. Default
    /// 0660: the process's user and group.
    std::uint32_t mode = 0660;

    /// A stream socket that listens already and was inherited, TCP or Unix domain, in place of an
    /// address; -1 is none. The server owns it from its constructor on; a file that belongs to it
    /// stays. See `systemd_listeners`.
    int descriptor = -1;

    /// Default off.
    anywire::proxy_protocol proxy_protocol = anywire::proxy_protocol::off;
};

/// The sockets that systemd has passed to this process (socket activation: LISTEN_PID,
/// LISTEN_FDS, LISTEN_FDNAMES), in its order; only those called `name` (`FileDescriptorName=`)
/// unless that is empty. None when it has passed none to this process.
///
/// `server_options::listeners` takes them, with an empty `server_options::address`. The process's
/// children do not inherit them.
///
/// Thread: nobody may change the environment meanwhile.
/// Throws: `std::invalid_argument` when the variables are for this process and make no sense.
[[nodiscard]] std::vector<listener_options> systemd_listeners(std::string_view name = {});

}  // namespace anywire

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace anywire {

/// Why a client was not let in; what metrics count. A closed vocabulary, in which bounds have the
/// names of their options.
enum class refusal_cause : std::uint8_t {
    // -- connections and requests, by the service -------------------------------------------------
    max_connections,              ///< `server_limits::max_connections` are open.
    max_connections_per_address,  ///< Of this address are: connections, or requests by a proxy.
    out_of_descriptors,           ///< The process has no descriptor for the connection.
    unknown_host,                 ///< `server_options::hosts` does not list the host asked for.
    bad_proxy_header,             ///< No good header of the PROXY protocol came, or not in time.
    untrusted_proxy,  ///< A listener that requires one was called by who may not give one.
    tls_handshake,    ///< The handshake failed, broke off or took too long.

    // -- sessions, by a mount ---------------------------------------------------------------------
    origin,                                 ///< The page's origin may not use the mount.
    draining,                               ///< The service drains.
    max_sessions,                           ///< `session_limits::max_sessions` are open.
    server_max_sessions,                    ///< `server_limits::max_sessions` are open.
    max_sessions_per_address,               ///< Of this address are.
    max_parked_requests,                    ///< As many requests wait for their answers.
    max_handshakes_per_second,              ///< As many have come.
    max_handshakes_per_second_per_address,  ///< Of this address have.
    authorize,                              ///< `handlers::authorize` said no.
    authorize_failed,                       ///< It threw.
    authorize_timeout,                      ///< It did not decide in time.
    generate_id,          ///< `engineio_options::generate_id` threw, or gave an id of no use.
    bad_handshake,        ///< Not a WebSocket's opening handshake.
    unsupported_version,  ///< A version of WebSocket or Engine.IO not spoken here.
    cannot_upgrade,       ///< The host can make no WebSocket of the connection.
    unknown_transport,    ///< Engine.IO: unknown, or off.
    unknown_sid,          ///< Engine.IO: no session of that id, or no longer.
    bad_method,           ///< Engine.IO: a handshake that is no GET.
    bad_request,          ///< Engine.IO: it does not fit the session it names.
};

inline constexpr std::size_t refusal_causes = 26;
/// The first one that a mount counts; what is before is the service's.
inline constexpr refusal_cause first_of_mount = refusal_cause::origin;

/// The cause's name, e.g. "max_sessions"; stable, meant for metrics.
[[nodiscard]] std::string_view to_string(refusal_cause why) noexcept;

}  // namespace anywire

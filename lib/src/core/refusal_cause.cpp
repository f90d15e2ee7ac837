#include <anywire/refusal_cause.hpp>

namespace anywire {

static_assert(static_cast<std::size_t>(refusal_cause::bad_request) + 1 == refusal_causes);

std::string_view to_string(refusal_cause why) noexcept {
    switch (why) {
        case refusal_cause::max_connections: return "max_connections";
        case refusal_cause::max_connections_per_address: return "max_connections_per_address";
        case refusal_cause::out_of_descriptors: return "out_of_descriptors";
        case refusal_cause::unknown_host: return "unknown_host";
        case refusal_cause::bad_proxy_header: return "bad_proxy_header";
        case refusal_cause::untrusted_proxy: return "untrusted_proxy";
        case refusal_cause::tls_handshake: return "tls_handshake";
        case refusal_cause::origin: return "origin";
        case refusal_cause::draining: return "draining";
        case refusal_cause::max_sessions: return "max_sessions";
        case refusal_cause::server_max_sessions: return "server_max_sessions";
        case refusal_cause::max_sessions_per_address: return "max_sessions_per_address";
        case refusal_cause::max_parked_requests: return "max_parked_requests";
        case refusal_cause::max_handshakes_per_second: return "max_handshakes_per_second";
        case refusal_cause::max_handshakes_per_second_per_address:
            return "max_handshakes_per_second_per_address";
        case refusal_cause::authorize: return "authorize";
        case refusal_cause::authorize_failed: return "authorize_failed";
        case refusal_cause::authorize_timeout: return "authorize_timeout";
        case refusal_cause::generate_id: return "generate_id";
        case refusal_cause::bad_handshake: return "bad_handshake";
        case refusal_cause::unsupported_version: return "unsupported_version";
        case refusal_cause::cannot_upgrade: return "cannot_upgrade";
        case refusal_cause::unknown_transport: return "unknown_transport";
        case refusal_cause::unknown_sid: return "unknown_sid";
        case refusal_cause::bad_method: return "bad_method";
        case refusal_cause::bad_request: return "bad_request";
    }
    return "unknown";
}

}  // namespace anywire

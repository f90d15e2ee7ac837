#pragma once

#include <anywire/client_field.hpp>
#include <anywire/error.hpp>

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>
#include <boost/system/system_error.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace anywire {

/// How far a client's request had come when it failed.
enum class client_stage : std::uint8_t {
    setup,      ///< The URL or an option is not valid; nothing was tried.
    resolve,    ///< The host's name has no address.
    connect,    ///< No address of it took the connection.
    proxy,      ///< The proxy refused, or did not answer as a proxy does.
    tls,        ///< The TLS handshake failed, or the certificate is not believed.
    request,    ///< The connection broke before the head of the answer came.
    response,   ///< The answer is not HTTP, or passes a limit.
    body,       ///< The connection broke within the answer's body.
    redirect,   ///< It leads in a circle, too far, or where it may not lead.
    handshake,  ///< The server answered a WebSocket handshake, but not with a WebSocket.
    protocol,   ///< What the server said is not the dialect.
    refused,    ///< The server said no, in the words of the dialect or by an HTTP status.
};

/// The stage's name, e.g. "handshake"; stable, meant for logs and metrics.
[[nodiscard]] std::string_view to_string(client_stage stage) noexcept;

/// Why a client has no connection, as far as it knows.
struct client_failure {
    client_stage stage = client_stage::connect;
    /// `errc`, Asio's, OpenSSL's, or `boost::system::errc::timed_out`; always set.
    error_code error{};
    unsigned status = 0;  ///< Of the HTTP answer; 0 when there was none.
    /// What was tried, and what was seen, in one sentence.
    std::string text{};
    /// The first 1 024 bytes of the body of a refusal.
    std::string body{};
    /// The fields of the answer that refused a WebSocket handshake, as they came,
    /// `WWW-Authenticate` and `Retry-After` among them: `client_limits::max_head` bytes at most.
    std::vector<client_field> headers{};

    /// The first of these of that name, in any case; empty when there is none.
    [[nodiscard]] std::string_view header(std::string_view name) const noexcept;
};

/// Nothing, or why there is no connection.
using client_result = boost::system::result<void, client_failure>;

/// What `client_result::value` throws: a `boost::system::system_error` that says `text`.
[[noreturn]] inline void throw_exception_from_error(client_failure const& why,
                                                    boost::source_location const&) {
    throw boost::system::system_error(why.error, why.text);
}

}  // namespace anywire

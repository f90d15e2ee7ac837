#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire {

/// The certificate by which a client has proven who it is; see `tls_options::clients`.
///
/// Borrow: as long as its request.
struct client_certificate {
    std::string_view subject{};      ///< As RFC 4514 writes it: "CN=device 7,O=Example".
    std::string_view fingerprint{};  ///< SHA-256, 64 hexadecimal digits in lower case.
    std::string_view pem{};          ///< The certificate itself; its issuers are not kept.
};

/// The HTTP request that opened a session, or asks to: what the application may know of it.
///
/// Kept for the session's life in one allocation, without the fields that only concern the
/// connection (`Connection`, `Upgrade`, `Sec-WebSocket-Key` and the like).
class request {
public:
    request() noexcept = default;
    /// The same once more.
    request copy() const;

    /// The request target as sent, e.g. "/chat/websocket?room=1".
    std::string_view target() const noexcept;
    /// The target up to its query.
    std::string_view path() const noexcept;
    /// The target after its first '?', undecoded; empty without one.
    std::string_view query() const noexcept;
    /// The last value of a key in the query, decoded; nothing where it is not there.
    std::optional<std::string> query_value(std::string_view key) const;
    /// The value of the first cookie of that name, percent-decoded; nothing where it is not there
    /// or holds characters that a cookie may not.
    std::optional<std::string> cookie(std::string_view name) const;
    /// The first field of that name, in any case; empty when there is none.
    std::string_view header(std::string_view name) const noexcept;
    /// The WebSocket subprotocols that the client offers, in its order: all of them, whether known
    /// here or not. What is no token is left out. Clients without another place put a credential
    /// here.
    std::vector<std::string_view> subprotocols() const;
    /// Host and port that the client asked for: the request's own, or what a trusted proxy
    /// forwarded
    /// ("Host" is what the proxy has sent). The port may be left out where it is the scheme's.
    /// Empty where a client of HTTP/1.0 says none.
    std::string_view host() const noexcept;
    /// The client's address: the peer's, or what a trusted proxy forwarded. "unix:" where that is
    /// not known, as the peer came to a Unix domain socket.
    std::string_view remote_address() const noexcept;
    /// True when the client came over TLS, here or at a trusted proxy.
    bool is_secure() const noexcept;
    /// The certificate that the peer has presented to this server, found good; nothing without one,
    /// as always where `tls_options::clients` is off. What a proxy in front was shown is not known
    /// here.
    std::optional<client_certificate> certificate() const noexcept;

    /// Calls `visit(name, value)` for each field in its order.
    template <class Visit>
    void for_each_header(Visit visit) const {
        for (auto rest = fields(); !rest.empty();) {
            auto const f = take_field(rest);
            visit(f.first, f.second);
        }
    }

private:
    friend class request_builder;
    struct header_block;

    std::string_view fields() const noexcept;
    static std::pair<std::string_view, std::string_view> take_field(
        std::string_view& rest) noexcept;

    struct free_deleter {
        void operator()(header_block* block) const noexcept;
    };
    std::unique_ptr<header_block, free_deleter> block_{};
};

}  // namespace anywire

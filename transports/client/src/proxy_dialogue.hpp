#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace anywire {

/// Which proxy a connection goes through, and how.
struct proxy_address {
    enum class kind : std::uint8_t {
        none,
        http,     ///< CONNECT, and for plain HTTP requests the absolute form.
        socks5,   ///< The client resolves the server's name.
        socks5h,  ///< The proxy does.
    };
    kind what = kind::none;
    std::string host{};
    std::uint16_t port = 0;
    std::string user{};
    std::string password{};

    friend bool operator==(proxy_address const&, proxy_address const&) = default;
};

/// What a client and a proxy say to one another until the way to the server is open. It opens no
/// socket.
class proxy_dialogue {
public:
    enum class status : std::uint8_t {
        more,    ///< The proxy's next bytes are waited for.
        done,    ///< What follows is the server's.
        failed,  ///< `failure` says why. Final.
    };

    virtual ~proxy_dialogue() = default;

    /// What has to be sent now; empty when nothing.
    virtual std::string take_output() = 0;
    /// Takes the proxy's bytes; `used` of them, all but after `done`.
    virtual status feed(std::string_view bytes, std::size_t& used) = 0;
    /// One sentence.
    virtual std::string failure() const = 0;
    /// Of the proxy's HTTP answer; 0 where it has none.
    virtual unsigned http_status() const noexcept { return 0; }
};

/// "Basic ..." of a user and a password, as `Authorization` and `Proxy-Authorization` have it.
[[nodiscard]] std::string basic_credentials(std::string_view user, std::string_view password);

/// Asks an HTTP proxy for a tunnel.
///
/// Spec:   RFC 9110, section 9.3.6; RFC 7617.
/// Limits: 16 KiB for the answer's head.
[[nodiscard]] std::unique_ptr<proxy_dialogue> make_http_tunnel(proxy_address const& proxy,
                                                               std::string_view host,
                                                               std::uint16_t port);

/// Asks a SOCKS proxy for a connection. `host` is a literal address or, for the proxy to resolve,
/// a name.
///
/// Spec:   RFC 1928; RFC 1929.
/// Limits: 255 bytes each for the name, the user and the password.
[[nodiscard]] std::unique_ptr<proxy_dialogue> make_socks5(proxy_address const& proxy,
                                                          std::string_view host,
                                                          std::uint16_t port);

}  // namespace anywire

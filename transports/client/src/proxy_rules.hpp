#pragma once

#include "client/url.hpp"
#include "proxy_dialogue.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace anywire {

/// Which proxy a request goes through: the one that an option names, or those of the environment as
/// curl reads them.
class proxy_rules {
public:
    /// The value of a variable; empty where there is none.
    using environment = std::function<std::string(char const* name)>;

    /// Goes through none.
    proxy_rules() = default;
    /// `option` is `client_network_options::proxy`.
    ///
    /// Errors: in `error`, one sentence; a variable that is not a proxy's URL is one, too.
    proxy_rules(std::string const& option, environment const& variables, std::string& error);

    /// `is_websocket`: wss_proxy and ws_proxy count before https_proxy and http_proxy.
    proxy_address const& of(client_url const& url, bool is_websocket) const noexcept;

private:
    bool is_exempt(client_url const& url) const noexcept;

    proxy_address none_{};
    proxy_address http_{};
    proxy_address https_{};
    proxy_address ws_{};
    proxy_address wss_{};
    std::vector<std::string> exempt_{};  // of no_proxy
};

/// Reads the URL of a proxy: "http://", "socks5://" or "socks5h://", with a user and a password,
/// and a port (default 1080 as curl's, whatever the scheme). Without a scheme it is HTTP's.
///
/// Errors: in `error`, one sentence.
[[nodiscard]] proxy_address parse_proxy(std::string_view text, std::string& error);

/// Whether one entry of `no_proxy` is for a host: "*", a domain and what is below it, an address,
/// or a range of addresses ("10.0.0.0/8").
[[nodiscard]] bool is_exempt_by(std::string_view entry, client_url const& url) noexcept;

}  // namespace anywire

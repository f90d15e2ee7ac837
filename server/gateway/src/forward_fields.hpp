#pragma once

#include <anywire/client_options.hpp>

#include "settings.hpp"
#include "text_template.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire::gateway {

/// The fields that a backend's handshake gets for one client, as `forward_settings` say: the listed
/// ones of its request, those that say who it is, and `set`, which replaces all others of the same
/// name. Without subprotocols, which are no fields here.
///
/// What says who a client is, the gateway says by itself. `request::remote_address` and `is_secure`
/// are what the server has made of trusted proxies' fields, so that X-Forwarded-For and Forwarded
/// have one element: the client. What a client, or a proxy that is not trusted, has written into
/// such fields is never passed on, listed or not, as the backend could not tell it from the
/// gateway's own; and nor are the proxies on the way. X-Forwarded-Host is
/// `request::host`, X-Forwarded-Port its port or else the scheme's.
///
/// Thread: any.
class forward_fields {
public:
    /// Errors: nothing, and one sentence in `error`: a name or template of `set` cannot be used.
    [[nodiscard]] static std::optional<forward_fields> make(forward_settings const& settings,
                                                            std::string& error);

    /// No value has a control character, nor blanks around it; none is empty but a listed one.
    ///
    /// Errors: nothing, where the client is to be told 400; see `text_template::expand`.
    [[nodiscard]] std::optional<std::vector<client_field>> of(link_opening const& from) const;

private:
    void add_listed(std::vector<client_field>& out, request const& r) const;
    void add(std::vector<client_field>& out, std::string_view name, std::string value) const;
    bool is_set(std::string_view name) const noexcept;

    std::vector<std::string> listed_{};
    std::vector<std::pair<std::string, text_template>> set_{};
    bool x_forwarded_ = true;
    bool forwarded_ = false;
    bool session_fields_ = true;
};

/// Whether a field is never passed on from a client, or set, as it concerns the connection, or the
/// handshake writes it by itself: hop-by-hop ones, Host, Sec-WebSocket-* and what frames a body.
[[nodiscard]] bool is_connection_field(std::string_view name) noexcept;

/// The one element of `Forwarded` for a client.
///
/// Spec: RFC 7239, 4 and 6.
[[nodiscard]] std::string forwarded_element(std::string_view address,
                                            std::string_view host,
                                            bool is_secure);

/// The bytes that a connection to a backend begins with: the client's address. Its port and the
/// address it has come to are not known: 0, and the address that means none. "unix:", "" (for the
/// gateway's own connections) and what is no address are UNKNOWN or LOCAL, where the backend has to
/// see the connection's own. Version 2 also says whether the client has come over TLS.
///
/// Spec: proxy-protocol.txt of HAProxy 2.6, sections 2.1 and 2.2.
[[nodiscard]] std::string proxy_preamble(proxy_header version,
                                         std::string_view address,
                                         bool is_secure);

}  // namespace anywire::gateway

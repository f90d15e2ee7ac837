#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::http {

/// Whose pages may use a mount.
struct origin_policy {
    /// Empty: pages of the server's own origin only. Those are let in with a list, too.
    /// "*": all. "https://example.com" or "https://example.com:8443": that origin exactly.
    /// "https://*.example.com": every name below example.com, at any depth, not itself.
    std::vector<std::string> allowed{};
};

/// What a request says about the page it comes from, and where it went.
struct origin_request {
    std::string_view origin_header{};
    bool has_origin = false;
    std::string_view sec_fetch_site{};  ///< Empty where there is none, as `referer`.
    std::string_view referer{};
    std::string_view scheme{};  ///< "http" or "https", as the client sees it.
    std::string_view host{};    ///< Host and port asked for, as the client sees it.
};

/// Whether a request may use a transport for which browsers send Origin (or need not be asked:
/// without the header it is no browser's). "null" is foreign, unless all are allowed.
[[nodiscard]] bool allows_origin(origin_policy const& policy, origin_request const& r) noexcept;

/// Whether a GET passes that browsers send without Origin: JSONP, htmlfile, the iframe page. It
/// takes Sec-Fetch-Site: same-origin or the Referer of an allowed page to show where it is from.
[[nodiscard]] bool allows_originless_get(origin_policy const& policy,
                                         origin_request const& r) noexcept;

/// A sentence that says what is wrong with an entry of `origin_policy::allowed`, or nothing.
[[nodiscard]] std::optional<std::string> check_origin_option(std::string_view entry);

/// The sources for `Content-Security-Policy: frame-ancestors`: "'self'", "*", or "'self'" and the
/// list. Entries that `check_origin_option` objects to are left out.
[[nodiscard]] std::string frame_ancestors(origin_policy const& policy);

}  // namespace anywire::http

#pragma once

#include <cstdint>
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
    /// "http://localhost:*": that host on any port. "null": pages without an origin.
    /// "file://", "app://.", "qrc://": what programs with a browser inside send.
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
    std::uint16_t port = 0;     ///< The port asked for where `host` names none; 0: the scheme's.
};

/// Whether a request may use a transport for which browsers send Origin (or need not be asked:
/// without the header it is no browser's). "null" is foreign unless it is listed, or all are.
/// ws is taken for http and wss for https: some native clients send the URL they connect to.
[[nodiscard]] bool allows_origin(origin_policy const& policy, origin_request const& r) noexcept;

/// Whether a GET passes that browsers send without Origin: JSONP, htmlfile, the iframe page. It
/// takes Sec-Fetch-Site: same-origin or the Referer of an allowed page to show where it is from.
[[nodiscard]] bool allows_originless_get(origin_policy const& policy,
                                         origin_request const& r) noexcept;

/// The origin of the page that a request comes from: "null", or what has the form of an origin;
/// empty where the request does not say. With `originless` the Referer stands in for an Origin.
///
/// Borrow: points into what `r` points to.
[[nodiscard]] std::string_view page_origin(origin_request const& r, bool originless) noexcept;

/// Why the page of `r` is foreign and what would let it in, for the operator: what it was compared
/// with, and the cure. `peer` is who sent the request, `trusted` whether that is a trusted proxy.
[[nodiscard]] std::string explain_refusal(origin_request const& r,
                                          bool originless,
                                          std::string_view peer,
                                          bool trusted);

/// A sentence that says what is wrong with an entry of `origin_policy::allowed`, or nothing.
[[nodiscard]] std::optional<std::string> check_origin_option(std::string_view entry);

/// The sources for `Content-Security-Policy: frame-ancestors`: "'self'", "*", or "'self'" and the
/// list; `more` is an origin that a callback has let in, or empty. What the policy has no words for
/// is left out ("null", entries that `check_origin_option` objects to), or named by its scheme
/// ("file:").
[[nodiscard]] std::string frame_ancestors(origin_policy const& policy, std::string_view more = {});

}  // namespace anywire::http

#pragma once

#include "http_request.hpp"

#include <cstdint>
#include <string_view>

/// What is refused although a parser of HTTP/1.1 can read it: Boost 1.81's Beast lets through
/// framing that other servers read differently, and requests without a valid Host.
namespace anywire::http {

/// Why a request is refused; a status of 0 means that it is not.
struct refusal {
    unsigned status = 0;
    char const* text = "";

    explicit operator bool() const noexcept { return status != 0; }
};

/// The fields that decide where a request ends and whom it is for.
struct framing_fields {
    std::string_view transfer_encoding{};
    std::string_view content_length{};
    std::string_view host{};
    std::string_view expect{};
    unsigned transfer_encodings = 0;  ///< How often the field occurs.
    unsigned content_lengths = 0;
    unsigned hosts = 0;
};

/// What `framing_fields` say about the body.
struct body_framing {
    bool chunked = false;
    std::uint64_t length = 0;
};

/// Judges the method, also while it is still coming: noise ends on its first byte.
/// Limits: 32 characters, none in lower case.
[[nodiscard]] refusal check_method(std::string_view line) noexcept;

/// Splits the target of `request` into its parts; sets `host` from an absolute form.
/// Spec: RFC 9112, 3.2.
[[nodiscard]] refusal split_target(request_view& request) noexcept;

/// Whether `host` is a host with an optional port, in the characters that real ones have.
[[nodiscard]] bool is_valid_host(std::string_view host) noexcept;

/// Judges the fields against each other; sets `body`, and in `request` `host`, `expect_continue`.
/// Spec: RFC 9112, 3.2 (Host), 6 (body); RFC 9110, 10.1.1 (Expect).
[[nodiscard]] refusal check_framing(framing_fields const& fields,
                                    request_view& request,
                                    body_framing& body) noexcept;

/// Why the parser refused `line`, the request line: 505 for a version there is, else 400.
[[nodiscard]] refusal bad_request_line(std::string_view line) noexcept;

}  // namespace anywire::http

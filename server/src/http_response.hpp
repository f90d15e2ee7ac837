#pragma once

#include <array>
#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

namespace anywire::http {

/// The usual words for a status; "Unknown" for one this library never sends.
/// Spec: RFC 9110, 15.
[[nodiscard]] std::string_view reason_phrase(unsigned status) noexcept;

/// Appends one response head to a string. No text given to it can add a field or end the head.
///
/// Spec:   RFC 9112, 4 and 5.
/// Borrow: `out` for the builder's life.
/// Cost:   no allocation but for the growth of `out`.
class response_head {
public:
    /// Requires: `status` is 100 to 999; `version` is 10 or 11.
    response_head(std::string& out, unsigned status, unsigned version = 11);

    /// Appends a field. One whose name is no token, or whose value holds a control character
    /// (CR, LF and NUL among them), is left out altogether.
    response_head& field(std::string_view name, std::string_view value);
    response_head& content_length(std::uint64_t bytes);
    /// The body follows in chunks; HTTP/1.1 only.
    response_head& chunked();
    /// Connection: close, or keep-alive where HTTP/1.0 wants to hear it.
    response_head& keep_alive(bool on);
    /// The empty line.
    void end();

private:
    std::string& out_;
    unsigned version_;
};

/// "Sun, 06 Nov 1994 08:49:37 GMT", in 29 characters.
/// Spec: RFC 9110, 5.6.7. Years from 0 to 9999; times outside are taken to the nearer end.
[[nodiscard]] std::array<char, 29> http_date(std::time_t t) noexcept;

}  // namespace anywire::http

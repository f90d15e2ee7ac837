#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace anywire::gateway {

/// What a POST of the gateway's is signed with, in the field Anywire-Signature: "sha256=", and in
/// hexadecimal HMAC-SHA256 of "TIMESTAMP.SESSION.SEQUENCE.BODY", whose first parts are the values
/// of Anywire-Timestamp, Connection-Id and Anywire-Sequence.
///
/// Spec: RFC 2104.
[[nodiscard]] std::string sign_hook(std::string_view secret,
                                    std::string_view timestamp,
                                    std::string_view session,
                                    std::string_view sequence,
                                    std::string_view body);

/// The token of the field Grip-Sig by which libraries for GRIP know their proxy: a JWT with HS256
/// that is good until `expires`, in seconds since 1970.
///
/// Spec: RFC 7515, 7519.
[[nodiscard]] std::string make_grip_token(std::string_view secret, std::int64_t expires);

/// Whether both are the same, in a time that does not tell how much of them is.
[[nodiscard]] bool is_same_secret(std::string_view a, std::string_view b);

}  // namespace anywire::gateway

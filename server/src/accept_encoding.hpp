#pragma once

#include "core/gzip.hpp"

#include <optional>
#include <string_view>

namespace anywire {

/// A quality of 0 to 1, in thousandths.
///
/// Spec: RFC 9110, section 12.4.2, qvalue.
[[nodiscard]] std::optional<int> read_quality(std::string_view text) noexcept;

/// Picks the coding a client likes best, of an `Accept-Encoding`: gzip before deflate where it
/// likes them alike, and either before identity. Elements that are not well-formed count for
/// nothing; of a coding named twice the lower quality counts.
///
/// Spec: RFC 9110, sections 12.4.2 and 12.5.3. That a client will not have identity either is not
///       seen: it gets identity.
/// Cost: linear.
[[nodiscard]] content_coding choose_coding(std::string_view accept_encoding) noexcept;

/// How much a client likes a coding, in thousandths: 0 for one that it does not accept, or does not
/// name. `*` counts for those that are not named.
[[nodiscard]] int quality_of(std::string_view accept_encoding, std::string_view coding) noexcept;

}  // namespace anywire

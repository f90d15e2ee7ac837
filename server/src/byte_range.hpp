#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace anywire::http {

/// What of a file a request wants.
struct range_choice {
    enum class kind : std::uint8_t {
        whole,  ///< All of it: no range, or one that may be ignored.
        part,
        beyond,  ///< Nothing of it: the answer is 416.
    };
    kind what = kind::whole;
    std::size_t first = 0;
    std::size_t count = 0;
};

/// Reads a Range field for something of `size` bytes. Several ranges, other units and what is not
/// well-formed are ignored, as a server may.
///
/// Spec: RFC 9110, 14.1.2 and 14.2.
[[nodiscard]] range_choice choose_range(std::string_view field, std::size_t size) noexcept;

}  // namespace anywire::http

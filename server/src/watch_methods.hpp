#pragma once

#include "core/fault.hpp"
#include "router.hpp"

#include <string_view>

/// What the paths for who watches a service have in common.
namespace anywire::watching {

inline constexpr std::string_view allowed = "Allow: GET, HEAD, OPTIONS\r\n";
inline constexpr std::string_view no_store = "Cache-Control: no-store\r\n";

inline bool is_one_of_ours(std::string_view method) noexcept {
    return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

inline void refuse_method(incoming const& in) {
    (void)in.to.respond({.status = status_of(fault::wrong_method), .fields = allowed});
}

}  // namespace anywire::watching

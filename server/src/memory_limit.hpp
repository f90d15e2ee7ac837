#pragma once

#include <cstddef>

namespace anywire {

/// The bytes of memory that this process may use: the machine's, or what its control group (v2 or
/// v1) allows where that is less. A limit of a control group further up is not looked for.
std::size_t memory_limit() noexcept;

}  // namespace anywire

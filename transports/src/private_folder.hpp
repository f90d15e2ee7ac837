#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace anywire {

/// The path of a folder in which the processes of one application meet, absolute, without a slash
/// at its end. It is made where it is not there, for this user alone (0700).
///
/// Throws: `std::invalid_argument` for a path that is empty or longer than `longest`, and for what
///         is not a folder of this user's, or one that others may write to: who may write there can
///         stand in for any process. `option` is what the text calls it. `std::system_error` where
///         it cannot be made.
[[nodiscard]] std::string private_folder(std::string const& path,
                                         std::string_view option,
                                         std::size_t longest = 4'000);

}  // namespace anywire

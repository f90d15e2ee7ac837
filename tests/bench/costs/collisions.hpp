#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bench::costs {

/// The `i`-th of names that begin with `prefix` and have one value of libstdc++'s `std::hash`,
/// where a container that is not keyed would put all of them into one bucket.
///
/// Thread: the generator's. There are 16 000 of each prefix; `i` wraps around.
std::string const& colliding_name(std::string_view prefix, std::size_t i);

}  // namespace bench::costs

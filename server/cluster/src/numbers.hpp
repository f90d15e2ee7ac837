#pragma once

#include <anywire/cluster.hpp>
#include <anywire/number_family.hpp>

namespace anywire::relay {

/// What a node counts, as families of metrics.
void append_numbers(number_families& to, cluster_numbers const& n);

}  // namespace anywire::relay

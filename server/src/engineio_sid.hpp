#pragma once

#include <anywire/request.hpp>

#include "service_core.hpp"
#include "shard.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace anywire {

/// A session id of the application's, see `engineio_options::generate_id`, made to lead to this
/// shard. Empty where it is of no use, which is logged.
std::string ask_for_sid(shard& here,
                        endpoint_core const& sessions,
                        std::string_view mount,
                        std::function<std::string(request const&)> const& generate,
                        request const& of);

}  // namespace anywire

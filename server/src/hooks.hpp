#pragma once

#include "shard.hpp"

#include <exception>
#include <string_view>
#include <utility>

namespace anywire {

/// Calls a hook of the application's: what it throws ends here, and costs nobody a connection.
template <class Hook, class... Args>
void call_hook(shard& here, std::string_view name, Hook const& hook, Args&&... args) {
    if (!hook) return;
    try {
        hook(std::forward<Args>(args)...);
    } catch (std::exception const& e) {
        here.log().write(log_level::error, name, " threw: ", e.what());
    } catch (...) {
        here.log().write(log_level::error, name, " threw something that is no exception");
    }
}

}  // namespace anywire

#pragma once

#include "shard.hpp"

#include <exception>
#include <string_view>
#include <utility>

namespace anywire {

/// Calls what calls a function of the application's: what that throws ends here, and costs nobody a
/// connection.
template <class Fn>
void call_guarded(shard& here, std::string_view name, Fn fn) {
    try {
        fn();
    } catch (std::exception const& e) {
        here.log().write(log_level::error, name, " threw: ", e.what());
    } catch (...) {
        here.log().write(log_level::error, name, " threw something that is not a std::exception");
    }
}

/// Calls a hook of the application's, if there is one.
template <class Hook, class... Args>
void call_hook(shard& here, std::string_view name, Hook const& hook, Args&&... args) {
    if (hook) call_guarded(here, name, [&] { hook(std::forward<Args>(args)...); });
}

}  // namespace anywire

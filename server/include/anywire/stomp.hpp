#pragma once

#include <anywire/handlers.hpp>
#include <anywire/stomp/server.hpp>

#include <span>
#include <string>
#include <string_view>

namespace anywire {

class service;

namespace stomp {

/// The highest version that a client offers as a subprotocol: "v12.stomp", "v11.stomp" or
/// "v10.stomp"; empty where it offers none of them.
[[nodiscard]] std::string best_subprotocol(std::span<std::string_view const> offered);

/// The handlers of one more mount; by `service::mount`.
handlers attach(service& to, server const& broker);

/// What `service::mount` asks of a layer that stands on several dialects. Where the options say
/// nothing of subprotocols, those of STOMP are known.
template <class Dialect>
handlers handlers_on(service& to, server const& broker, Dialect& options) {
    if constexpr (requires { options.choose_subprotocol; }) {
        if (options.subprotocols.empty() && !options.choose_subprotocol)
            options.choose_subprotocol = [](request const&,
                                            std::span<std::string_view const> offered) {
                return best_subprotocol(offered);
            };
    }
    return attach(to, broker);
}

}  // namespace stomp
}  // namespace anywire

#pragma once

#include <anywire/stomp_relay.hpp>

#include "client_tls.hpp"
#include "dialer.hpp"
#include "link_opener.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::stomp {

/// What a URL of a broker says.
struct broker_url {
    dial_target server{};
    bool secure = false;
};

/// Errors: nothing, and one sentence in `wrong`.
[[nodiscard]] std::optional<broker_url> parse_broker_url(std::string_view text, std::string& wrong);

/// Options that were checked, with what was made of them. Constant but for `prefixes`, which are
/// set before anything runs.
struct relay_settings {
    relay_options given{};
    broker_url url{};
    std::shared_ptr<client_tls const> tls{};  ///< Null without TLS.
    std::vector<std::string> prefixes{};      ///< Of the broker's destinations.

    [[nodiscard]] link_route route() const;
};

/// Throws: `std::invalid_argument` with one sentence.
[[nodiscard]] std::shared_ptr<relay_settings> make_relay_settings(relay_options given);

/// A destination as the broker knows it; nothing where it cannot be said there. Different ones
/// stay different.
[[nodiscard]] std::optional<std::string> broker_destination(relay_settings const& how,
                                                            std::string_view destination);

}  // namespace anywire::stomp

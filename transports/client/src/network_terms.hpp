#pragma once

#include <anywire/client_options.hpp>

#include "client/settings.hpp"
#include "client_tls.hpp"
#include "proxy_rules.hpp"

#include <functional>
#include <memory>
#include <string>

namespace anywire {

class context_floor;

/// How requests are made: what any number of clients share of it. Constant.
struct network_terms {
    client_network_options options{};
    client_limits limits{};
    proxy_rules proxies{};
    /// Null where nothing of it was asked for: then it is the context's, when it is needed.
    std::shared_ptr<client_tls const> tls{};
    std::function<void(client_trace const&)> trace{};
    std::string origin{};  ///< Of the URL that the options name.
};

/// Reads the environment, and the files of TLS. Those are read once for all clients of a context
/// that say the same, or, without a `floor`, now, and for these terms alone. Thread: any.
///
/// Errors: null, and one sentence in `error`: files of TLS that cannot be read, or a proxy that is
///         none.
[[nodiscard]] std::shared_ptr<network_terms const> make_network_terms(client_options const& options,
                                                                      context_floor* floor,
                                                                      std::string& error);

/// All that clients of one profile share. Constant.
struct profile_data {
    std::shared_ptr<client_settings const> settings{};
    std::shared_ptr<network_terms const> network{};
};
/// As `make_network_terms`.
///
/// Throws: `std::invalid_argument` for a URL or an option that is not valid, in one sentence.
[[nodiscard]] profile_data make_profile(client_options options, context_floor* floor);
/// Throws: `std::invalid_argument` for particulars that are not valid, in one sentence.
void check_own(client_particulars const& own, profile_data const& profile);

}  // namespace anywire

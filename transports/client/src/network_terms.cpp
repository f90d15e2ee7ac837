#include "network_terms.hpp"

#include "context_floor.hpp"

#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace anywire {
namespace {

/// The system's certificates are many: they are read when a server has to be believed.
bool has_files(client_tls_options const& o) noexcept {
    return !o.ca.empty() || !o.certificate.empty() || !o.key.empty() || !o.pinned_keys.empty();
}

}  // namespace

std::shared_ptr<network_terms const> make_network_terms(client_options const& options,
                                                        context_floor* floor,
                                                        std::string& error) {
    error.clear();
    auto const variables = [](char const* name) {
        auto const* const value = std::getenv(name);
        return std::string(value ? value : "");
    };
    auto made = std::make_shared<network_terms>();
    made->options = options.network;
    made->limits = options.limits;
    made->trace = options.trace;
    made->proxies = proxy_rules(options.network.proxy, variables, error);
    if (!error.empty()) return nullptr;
    auto const url = parse_url(options.url);  // what is none was refused before, or is not needed
    if (url) made->origin = url->origin();
    auto const& tls = options.network.tls;
    if (floor) {
        if (has_files(tls)) made->tls = floor->tls(tls, error);
    } else if (has_files(tls) || (url && url->secure)) {
        made->tls = std::make_shared<client_tls const>(tls, error);
    }
    if (!error.empty()) return nullptr;
    return made;
}

profile_data make_profile(client_options options, context_floor* floor) {
    auto checked = check_settings(std::move(options));
    if (!checked.value) throw std::invalid_argument(checked.wrong);
    profile_data out{.settings = std::move(checked.value)};
    std::string wrong;
    out.network = make_network_terms(out.settings->options, floor, wrong);
    if (!out.network) throw std::invalid_argument("client_options::network: " + wrong);
    return out;
}

void check_own(client_particulars const& own, profile_data const& profile) {
    auto const wrong = check_particulars(own, *profile.settings);
    if (!wrong.empty()) throw std::invalid_argument(wrong);
}

}  // namespace anywire

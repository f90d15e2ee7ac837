#include "site.hpp"

#include <anywire/service.hpp>

#include "pass_through.hpp"
#include "shim.hpp"

#include <stdexcept>
#include <utility>

namespace anywire::gateway {

void mount_site(service& on, site_settings const& site, std::function<shard_place&()> here) {
    if (!site.files.empty() && !site.pass_to.empty())
        throw std::invalid_argument(
            "site.files and site.pass_to both serve what is left: keep one of them");
    if (site.shim) serve_shim(on);
    if (!site.files.empty()) on.serve_files("/", site.files);
    if (!site.pass_to.empty())
        on.mount("/",
                 pass_through_options{.to = site.pass_to,
                                      .max_body = site.max_body,
                                      .timeout = site.timeout,
                                      .here = std::move(here)},
                 handlers{.on_open = [](session&) {}});  // there is none, nor a warning of it
}

}  // namespace anywire::gateway

#include "client/network.hpp"

#include "core/ascii.hpp"

namespace anywire {

std::string_view client_response::field(std::string_view name) const noexcept {
    for (auto const& f : fields)
        if (iequals(f.name, name)) return f.value;
    return {};
}

}  // namespace anywire

#pragma once

#include "backend.hpp"
#include "session/request_builder.hpp"

#include <string_view>
#include <utility>
#include <vector>

namespace anywire::test {

/// A request as the gateway keeps it.
inline request kept_request(std::string_view target,
                            std::vector<std::pair<std::string_view, std::string_view>> fields = {},
                            std::string_view address = "192.0.2.7",
                            bool is_secure = false) {
    request_builder b;
    b.set_target(target);
    b.set_remote(address, is_secure);
    for (auto const& [name, value] : fields) b.add_field(name, value);
    return b.build();
}

}  // namespace anywire::test

#pragma once

#include <string>

namespace anywire {

/// A field of an HTTP head that somebody keeps.
struct client_field {
    std::string name{};
    std::string value{};
};

}  // namespace anywire

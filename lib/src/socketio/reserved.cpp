#include "socketio/reserved.hpp"

#include <stdexcept>
#include <string>

namespace anywire::socketio {

void check_name(std::string_view function,
                std::string_view name,
                std::span<reserved_name const> reserved) {
    for (auto const& each : reserved) {
        if (each.name != name) continue;
        std::string text(function);
        text.append("(\"").append(name).append("\") is reserved: ").append(each.advice);
        throw std::invalid_argument(text);
    }
}

}  // namespace anywire::socketio

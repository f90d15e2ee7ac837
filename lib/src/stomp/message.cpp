#include <anywire/stomp/message.hpp>

#include "core/ascii.hpp"

namespace anywire::stomp {

std::string_view to_string(version v) noexcept {
    switch (v) {
        case version::v1_0: return "1.0";
        case version::v1_1: return "1.1";
        case version::v1_2: break;
    }
    return "1.2";
}

std::optional<std::string_view> find_header(std::span<header const> in,
                                            std::string_view name) noexcept {
    for (auto const& h : in)
        if (h.name == name) return h.value;
    return std::nullopt;
}

bool message::is_json() const noexcept {
    auto const type = content_type();
    auto const essence = type.substr(0, type.find(';'));
    return essence == "application/json" || essence.ends_with("+json");
}

}  // namespace anywire::stomp

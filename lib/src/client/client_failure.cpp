#include <anywire/client_failure.hpp>

#include "core/ascii.hpp"

namespace anywire {

std::string_view to_string(client_stage stage) noexcept {
    switch (stage) {
        case client_stage::setup: return "setup";
        case client_stage::resolve: return "resolve";
        case client_stage::connect: return "connect";
        case client_stage::proxy: return "proxy";
        case client_stage::tls: return "tls";
        case client_stage::request: return "request";
        case client_stage::response: return "response";
        case client_stage::body: return "body";
        case client_stage::redirect: return "redirect";
        case client_stage::handshake: return "handshake";
        case client_stage::protocol: return "protocol";
        case client_stage::refused: return "refused";
    }
    return "unknown";
}

std::string_view client_failure::header(std::string_view name) const noexcept {
    for (auto const& f : headers)
        if (iequals(f.name, name)) return f.value;
    return {};
}

}  // namespace anywire

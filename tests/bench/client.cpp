#include "client.hpp"

#include "http_client.hpp"
#include "websocket_client.hpp"

namespace bench {

std::unique_ptr<client> client::make(client_context& context, transport t, std::size_t index) {
    if (traits_of(t).over == carrier::websocket)
        return std::make_unique<websocket_client>(context, t, index);
    return std::make_unique<http_client>(context, t, index);
}

void client::opened() {
    is_open_ = true;
    context_.events.on_open(*this);
}

void client::gone(char const* why) {
    abort();
    context_.events.on_gone(*this, why);
}

bool client::take(std::string_view unit, bool compressed) {
    if (speaks() == dialect::plain || compressed) {
        context_.events.on_message(*this, unit, compressed);
        return true;
    }
    if (unit.empty()) return true;
    return speaks() == dialect::sockjs ? take_sockjs(unit) : take_engineio(unit);
}

bool client::take_sockjs(std::string_view unit) {
    switch (unit.front()) {
        case 'o': return opened(), true;
        case 'h': return true;
        case 'a': break;
        default: return false;
    }
    // What is sent here needs no escapes.
    for (auto at = unit.find('"'); at != std::string_view::npos;) {
        auto const end = unit.find('"', at + 1);
        if (end == std::string_view::npos) return false;
        context_.events.on_message(*this, unit.substr(at + 1, end - at - 1), false);
        at = unit.find('"', end + 1);
    }
    return true;
}

bool client::take_engineio(std::string_view unit) {
    switch (unit.front()) {
        case '0': {
            constexpr std::string_view key = "\"sid\":\"";
            auto const at = unit.find(key);
            if (at == std::string_view::npos) return false;
            auto const value = unit.substr(at + key.size());
            sid_ = value.substr(0, value.find('"'));
            if (speaks() == dialect::socketio)
                reply("40");
            else
                opened();
            return true;
        }
        case '2': return reply("3"), true;
        case '6': return true;
        case '4': break;
        default: return false;
    }
    unit.remove_prefix(1);
    if (speaks() == dialect::socketio) return take_socketio(unit);
    context_.events.on_message(*this, unit, false);
    return true;
}

bool client::take_socketio(std::string_view packet) {
    constexpr std::string_view before = "2[\"m\",\"";
    constexpr std::string_view after = "\"]";
    if (packet.starts_with('0')) return opened(), true;
    if (!packet.starts_with(before) || !packet.ends_with(after)) return false;
    packet.remove_prefix(before.size());
    packet.remove_suffix(after.size());
    context_.events.on_message(*this, packet, false);
    return true;
}

}  // namespace bench

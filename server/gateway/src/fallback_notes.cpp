#include "fallback_notes.hpp"

#include "core/siphash.hpp"

#include <algorithm>
#include <utility>

namespace anywire::gateway {
namespace {

/// "0.2 s", and from ten seconds on "12 s".
std::string seconds(std::chrono::milliseconds t) {
    auto const tenths = t.count() / 100;
    auto text = std::to_string(tenths / 10);
    if (tenths < 100) text.append(".").append(std::to_string(tenths % 10));
    return text.append(" s");
}

}  // namespace

std::string fallback_reason::text() const {
    switch (kind) {
        case fallback_kind::no_handshake: break;
        case fallback_kind::refused:
            return "its WebSocket was refused with " + std::to_string(status);
        case fallback_kind::lost: return "its WebSocket was lost after " + seconds(lived);
        case fallback_kind::unused:
            return "it closed its WebSocket after " + seconds(lived) + " without a message";
        case fallback_kind::still_open: return "its WebSocket is still open here";
        case fallback_kind::choice: return "the client's choice: its WebSocket worked";
    }
    return "no WebSocket handshake came";
}

fallback_notes::fallback_notes(std::array<std::uint64_t, 2> const& secret, std::size_t capacity)
    : secret_(secret), capacity_(std::max<std::size_t>(capacity, 1)) {}

fallback_notes::key fallback_notes::key_of(std::string_view address,
                                           std::string_view user_agent) const {
    std::string text(address);
    return siphash(secret_, text.append(1, '\n').append(user_agent));
}

/// Requires: locked.
fallback_notes::note& fallback_notes::obtain(key of) {
    if (auto const found = young_.find(of); found != young_.end()) return found->second;
    note known;
    if (auto const found = old_.find(of); found != old_.end()) {
        known = found->second;
        old_.erase(found);
    }
    if (young_.size() >= capacity_) old_ = std::exchange(young_, {});
    return young_.emplace(of, known).first->second;
}

void fallback_notes::on_websocket_refused(key of, time now, unsigned status) {
    std::scoped_lock const lock(mutex_);
    auto& n = obtain(of);
    n.at = now;
    n.what = {.kind = fallback_kind::refused, .status = status};
}

void fallback_notes::on_websocket_opened(key of, time now) {
    std::scoped_lock const lock(mutex_);
    auto& n = obtain(of);
    n.at = now;
    n.what = {.kind = fallback_kind::still_open};
    ++n.open;
}

void fallback_notes::on_websocket_ended(
    key of, time opened, time now, std::uint64_t messages, websocket_end how) {
    std::scoped_lock const lock(mutex_);
    auto& n = obtain(of);
    n.at = now;
    if (n.open > 0) --n.open;  // 0 where it was forgotten
    n.what.kind = how == websocket_end::lost ? fallback_kind::lost
                  : messages == 0            ? fallback_kind::unused
                                             : fallback_kind::choice;
    n.what.status = 0;
    n.what.lived = std::chrono::duration_cast<std::chrono::milliseconds>(now - opened);
}

fallback_reason fallback_notes::reason_for(key of, time now) const {
    std::scoped_lock const lock(mutex_);
    auto found = young_.find(of);
    if (found == young_.end()) {
        found = old_.find(of);
        if (found == old_.end()) return {};
    }
    auto const& n = found->second;
    // One that is open hears of the client's not having heard only when the connection ends.
    if (n.what.kind == fallback_kind::still_open && n.open > 0) return n.what;
    return now - n.at > memory ? fallback_reason{} : n.what;
}

std::size_t fallback_notes::size() const {
    std::scoped_lock const lock(mutex_);
    return young_.size() + old_.size();
}

}  // namespace anywire::gateway

#include "settings_origins.hpp"

#include <algorithm>
#include <utility>

namespace anywire::gateway {

void settings_origins::set(std::string key, std::string place) {
    places_.insert_or_assign(std::move(key), std::move(place));
}

std::string_view settings_origins::find(std::string_view key) const noexcept {
    for (;;) {
        if (auto const found = places_.find(key); found != places_.end()) return found->second;
        auto const end = key.find_last_of(".[");
        if (end == key.npos) return {};
        key = key.substr(0, end);
    }
}

bool settings_origins::has(std::string_view key) const noexcept {
    return places_.find(key) != places_.end();
}

std::string to_text(std::vector<settings_problem> const& problems,
                    settings_origins const& origins,
                    std::string_view otherwise) {
    std::string out;
    for (auto const& p : problems) {
        auto const place = origins.find(p.key);
        out.append(place.empty() ? otherwise : place).append(": ").append(p.text);
        if (!p.remedy.empty()) out.append("; ").append(p.remedy);
        out.append("\n");
    }
    return out;
}

}  // namespace anywire::gateway

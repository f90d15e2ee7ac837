#include <anywire/json/text.hpp>

#include "core/json_check.hpp"

namespace anywire {

result<json_view> parse_json(std::string_view text, json_limits const& limits) {
    if (text.size() > limits.max_bytes) return errc::message_too_big;
    if (auto const wrong = check_json(text, limits.max_depth)) return wrong;
    return json_view(text);
}

}  // namespace anywire

#include <anywire/json/value.hpp>
#include <anywire/json/writer.hpp>

#include "core/json_check.hpp"

namespace anywire {

json_value::json_value(json_view value) {
    text_.clear();
    json_writer out(text_);
    out.raw(value);
    attachments_ = out.take_attachments();
}

std::optional<json_value> json_value::parse(std::string_view text, unsigned max_depth) {
    if (check_json(text, max_depth)) return std::nullopt;
    return json_value(std::string(text), {});
}

}  // namespace anywire

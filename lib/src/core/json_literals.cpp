#include <anywire/json/literals.hpp>

namespace anywire {

detail::json_entry::json_entry(std::string_view key, json_object const& value)
    : key_(key), value_(value.value()) {}

json_object::json_object(std::initializer_list<detail::json_entry> members) {
    std::string text;
    json_writer out(text);
    out.begin_object();
    for (auto const& member : members) {
        out.key(member.key());
        out.raw(member.value());
    }
    out.end_object();
    value_ = json_value(std::move(text), out.take_attachments());
}

}  // namespace anywire

#include "sockjs/callback.hpp"

#include "core/form.hpp"

#include <algorithm>
#include <utility>

namespace anywire::sockjs {
namespace {

bool is_callback_character(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
}

struct occurrences {
    std::string_view last{};
    std::size_t count = 0;
};

occurrences find_all(std::string_view query, std::string_view name) {
    occurrences found;
    form_reader pairs(query);
    while (auto const pair = pairs.next()) {
        if (!is_form_name(pair->name, name)) continue;
        found.last = pair->value;
        ++found.count;
    }
    return found;
}

}  // namespace

bool is_callback(std::string_view name) noexcept {
    return !name.empty() && name.size() <= max_callback_size &&
           std::all_of(name.begin(), name.end(), is_callback_character);
}

callback_name parse_callback(std::string_view query) {
    auto found = find_all(query, "c");
    if (found.count == 0) found = find_all(query, "callback");
    if (found.count == 0) return {callback_error::missing};
    if (found.count > 1 || found.last.size() > 3 * max_callback_size)
        return {callback_error::invalid};
    auto name = form_decoded(found.last);
    if (!is_callback(name)) return {callback_error::invalid};
    return {callback_error::none, std::move(name)};
}

std::string_view callback_message(callback_error error) noexcept {
    switch (error) {
        case callback_error::none: break;
        case callback_error::missing: return "\"callback\" parameter required";
        case callback_error::invalid: return "invalid \"callback\" parameter";
    }
    return {};
}

}  // namespace anywire::sockjs

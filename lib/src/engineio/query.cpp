#include "engineio/query.hpp"

#include "core/form.hpp"

namespace anywire::engineio {
namespace {

/// Values as they stand in the query; nothing where a key is absent.
struct raw_values {
    std::optional<std::string_view> version{};
    std::optional<std::string_view> transport{};
    std::optional<std::string_view> sid{};
    std::optional<std::string_view> b64{};
    std::optional<std::string_view> index{};
};

raw_values last_values(std::string_view raw) {
    raw_values found;
    form_reader pairs(raw);
    while (auto const pair = pairs.next()) {
        if (is_form_name(pair->name, "EIO")) found.version = pair->value;
        if (is_form_name(pair->name, "transport")) found.transport = pair->value;
        if (is_form_name(pair->name, "sid")) found.sid = pair->value;
        if (is_form_name(pair->name, "b64")) found.b64 = pair->value;
        if (is_form_name(pair->name, "j")) found.index = pair->value;
    }
    return found;
}

std::string digits_of(std::string_view text) {
    std::string digits;
    for (auto const c : text)
        if (c >= '0' && c <= '9' && digits.size() < max_jsonp_digits) digits.push_back(c);
    return digits;
}

}  // namespace

query parse_query(std::string_view raw) {
    auto const found = last_values(raw);
    query q;
    q.transport = form_decoded(found.transport.value_or(""));
    q.sid = form_decoded(found.sid.value_or(""));
    q.v4 = form_decoded(found.version.value_or("")) == "4";
    q.has_b64 = found.b64 && !found.b64->empty();
    if (found.index) q.jsonp = digits_of(form_decoded(*found.index));
    return q;
}

}  // namespace anywire::engineio

#include "engineio/query.hpp"

#include "core/form.hpp"

namespace anywire::engineio {
namespace {

std::string digits_of(std::string_view text) {
    std::string digits;
    for (auto const c : text)
        if (c >= '0' && c <= '9' && digits.size() < max_jsonp_digits) digits.push_back(c);
    return digits;
}

}  // namespace

query parse_query(std::string_view raw) {
    query q;
    std::string name_room;
    std::string room;
    form_reader pairs(raw);
    while (auto const pair = pairs.next()) {
        auto const name = form_decoded(pair->name, name_room);
        if (name == "EIO")
            q.v4 = form_decoded(pair->value, room) == "4";
        else if (name == "transport")
            q.transport = form_decoded(pair->value, room);
        else if (name == "sid")
            q.sid = form_decoded(pair->value, room);
        else if (name == "b64")
            q.has_b64 = !pair->value.empty();
        else if (name == "j")
            q.jsonp = digits_of(form_decoded(pair->value, room));
    }
    return q;
}

}  // namespace anywire::engineio

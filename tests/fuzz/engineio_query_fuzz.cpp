// A query is read as a map of decoded names and values, filled from front to back, would be.
#include "core/form.hpp"
#include "engineio/query.hpp"

#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

using namespace anywire;
using namespace anywire::engineio;

namespace {

void require(bool claim) {
    if (!claim) std::abort();
}

std::string escaped(std::string_view text) {
    std::string out;
    for (auto const c : text) {
        auto const byte = static_cast<unsigned char>(c);
        out += {'%', "0123456789ABCDEF"[byte >> 4], "0123456789abcdef"[byte & 15]};
    }
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string const raw(reinterpret_cast<char const*>(data), size);
    auto const q = parse_query(raw);

    std::map<std::string, std::string> map;
    form_reader pairs(raw);
    while (auto const pair = pairs.next())
        map[form_decoded(pair->name)] = form_decoded(pair->value);
    require(q.transport == map["transport"]);
    require(q.sid == map["sid"]);
    require(q.v4 == (map["EIO"] == "4"));
    require(q.has_b64 == !map["b64"].empty());
    require(q.jsonp.has_value() == map.contains("j"));
    if (q.jsonp) {
        require(q.jsonp->size() <= max_jsonp_digits);
        require(q.jsonp->find_first_not_of("0123456789") == q.jsonp->npos);
    }

    auto const own = parse_query(raw + "&%73id=" + escaped(raw) + "&EIO=4&transport=polling&j=x7y");
    require(own.sid == raw && own.v4 && own.transport == "polling" && own.jsonp == "7");
    require(own.has_b64 == q.has_b64);
    return 0;
}

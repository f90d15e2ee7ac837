// Routes: what a path gives for the names of a pattern, how it is decoded, and byte ranges.
#include "byte_range.hpp"
#include "core/percent.hpp"
#include "route_pattern.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace anywire;
using namespace anywire::http;

namespace {

void require(bool held) {
    if (!held) std::abort();
}

void check_path(std::string_view pattern, std::string_view path) {
    auto const p = route_pattern::parse(pattern);
    if (!p) return;
    route_pattern::values found;
    auto const fits = p->match(path, &found);
    require(fits == p->matches(path));
    require(p->is_like(*p) && !p->goes_before(*p));
    if (!fits) return;
    require(found.size() == p->names().size());
    for (auto const value : found) {
        require(!value.empty() && value.find('/') == value.npos);
        require(value.data() >= path.data() &&
                value.data() + value.size() <= path.data() + path.size());
    }
}

void check_percent(std::string_view text) {
    require(percent_decoded(text).size() <= text.size());
    require(percent_decoded(percent_encoded(text)) == text);
}

void check_range(std::string_view field, std::size_t size) {
    auto const r = choose_range(field, size);
    using kind = range_choice::kind;
    require(r.what == kind::beyond || r.count <= size - r.first);
    require(r.what != kind::part || (r.count > 0 && r.first < size));
    require(r.what != kind::whole || (r.first == 0 && r.count == size));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const bytes(reinterpret_cast<char const*>(data), size);
    auto const line = bytes.substr(0, bytes.find('\n'));
    auto const rest = bytes.substr(std::min(bytes.size(), line.size() + 1));
    check_path(line, rest);
    check_path("/a/:b/c/:d", rest);
    check_percent(rest);
    check_range(rest, line.size());
    check_range(bytes, 1000);
    return 0;
}

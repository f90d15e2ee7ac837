// The format of metrics that is chosen was asked for; and a line of a trace is printable whatever
// the packet holds.
#include "core/ascii.hpp"
#include "metrics_text.hpp"
#include "trace_line.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace anywire;

namespace {

void require(bool claim) {
    if (!claim) std::abort();
}

bool has(std::string_view text, std::string_view part) {
    return text.find(part) != text.npos;
}

void check_line(std::string_view packet, std::size_t most) {
    auto const line =
        trace_line("/m", "a", "s", {packet_way::in, "websocket", "text", packet}, most);
    for (auto const c : line) require(c >= 0x20 && c < 0x7f);
    require(line.size() <= 64 + 4 * most);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using enum metrics_format;
    std::string const field(reinterpret_cast<char const*>(data), size);
    auto const chosen = choose_metrics_format({}, field).value();

    std::string lower;
    std::string upper;
    for (auto const c : field) {
        lower.push_back(to_lower(c));
        upper.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c);
    }
    require(choose_metrics_format({}, lower) == chosen &&
            choose_metrics_format({}, upper) == chosen);
    if (chosen == openmetrics) require(has(lower, "application/openmetrics-text"));
    if (chosen == json) require(has(lower, "application/json"));
    require(choose_metrics_format({}, field + "," + field) == chosen);
    require(choose_metrics_format({}, ",\t" + field + " ,x;y, image/png;q=1") == chosen);
    require(choose_metrics_format("format=json", field) == json);
    (void)choose_metrics_format(field, {});

    check_line(field, 256);
    check_line(field, 3);
    return 0;
}

// The first byte chooses text (even) or bytes (odd). Text reads as it does by way of UTF-16.
#include "core/utf8.hpp"
#include "engineio_packets.hpp"
#include "support/json_oracle.hpp"

#include <cstdint>

using namespace anywire;
using namespace anywire::engineio;
using namespace anywire::test;

namespace {

// For each UTF-16 unit of UTF-8 text, the bytes it stands for: the first of a pair, none.
std::vector<std::string> units_of(std::string_view text) {
    std::vector<std::string> units;
    while (!text.empty()) {
        auto const lead = static_cast<unsigned char>(text[0]);
        std::size_t const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        if (length == 4) units.emplace_back();
        units.emplace_back(text.substr(0, length));
        text.remove_prefix(length);
    }
    return units;
}

bool is_digit(std::string const& unit) {
    return unit.size() == 1 && unit[0] >= '0' && unit[0] <= '9';
}

// The plain way: a vector of units, lengths by the library of the language.
read_result read_plainly(std::string_view body) {
    auto const units = units_of(body);
    read_result out;
    std::string scratch;
    out.failed = true;
    if (units.empty()) return out;
    for (std::size_t at = 0; at < units.size();) {
        std::string digits;
        while (at < units.size() && is_digit(units[at])) digits += units[at++];
        if (digits.empty() || digits.size() > 10 || at == units.size() || units[at] != ":")
            return out;
        ++at;
        auto const length = std::stoull(digits);
        if (length > units.size() - at) return out;
        std::string text;
        for (auto const end = at + length; at < end; ++at) text += units[at];
        if (length != 0 && units[at - 1].empty()) return out;  // half a pair
        if (text.empty()) continue;
        auto const p = decode_frame(revision::v3, text, false, scratch);
        if (!p) return out;
        out.packets.push_back({p->type, p->binary, std::string(p->data)});
        if (p->type == packet_type::close) break;
    }
    out.failed = false;
    return out;
}

void check_text(std::string_view body) {
    auto const raw = read_all(revision::v3, body, false);
    std::string repaired;
    append_utf8_repaired(repaired, body);
    auto const read = read_all(revision::v3, repaired, false);
    require(read == read_plainly(repaired));
    require(body != repaired || raw == read);
    check_round_trip(revision::v3, read);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size == 0) return 0;
    std::string_view const body{reinterpret_cast<char const*>(data) + 1, size - 1};
    if (data[0] % 2 == 0) {
        check_text(body);
        return 0;
    }
    auto const read = read_all(revision::v3, body, true);
    for (auto const& p : read.packets) require(p.binary || is_valid_utf8(p.data));
    check_round_trip(revision::v3, read);
    return 0;
}

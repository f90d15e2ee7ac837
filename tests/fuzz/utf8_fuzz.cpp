// is_utf8, utf8_validator and append_utf8_repaired agree with a slow decoder written from the RFC.
#include "core/utf8.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace anywire;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

/// The bytes of the sequence at the front of `in`: > 0 valid, 0 cut off, < 0 a malformed part.
int sequence(std::string_view in) {
    auto const at = [&](std::size_t i) -> unsigned { return static_cast<unsigned char>(in[i]); };
    unsigned const first = at(0);
    if (first < 0x80) return 1;
    int const length = first >> 5 == 6 ? 2 : first >> 4 == 14 ? 3 : first >> 3 == 30 ? 4 : 0;
    if (length == 0) return -1;
    // Ranges of what the bytes so far may still stand for, against what is allowed.
    unsigned low = first & (0xffu >> (length + 1)), high = low;
    constexpr unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
    for (int i = 0; i < length; ++i) {
        if (i > 0) {
            if (static_cast<std::size_t>(i) == in.size()) return 0;
            if (at(static_cast<std::size_t>(i)) >> 6 != 2) return -i;
            low = high = low << 6 | (at(static_cast<std::size_t>(i)) & 0x3f);
        }
        unsigned const shift = 6u * static_cast<unsigned>(length - 1 - i);
        auto const from = low << shift;
        auto const to = (high << shift) + ((1u << shift) - 1);
        bool const overlong = to < least[length];
        bool const surrogate = from >= 0xd800 && to <= 0xdfff;
        if (overlong || surrogate || from > 0x10ffff) return i == 0 ? -1 : -i;
    }
    return length;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const in{reinterpret_cast<char const*>(data), size};

    bool broken = false;
    bool cut = false;
    std::string expected;
    for (auto rest = in; !rest.empty();) {
        auto const n = sequence(rest);
        broken = broken || n < 0;
        cut = n == 0;
        auto const part = n > 0 ? n : n < 0 ? -n : static_cast<int>(rest.size());
        if (n > 0)
            expected.append(rest.substr(0, static_cast<std::size_t>(part)));
        else
            expected.append("\xef\xbf\xbd");
        rest.remove_prefix(static_cast<std::size_t>(part));
    }

    require(is_utf8(in) == (!broken && !cut));
    std::string repaired;
    append_utf8_repaired(repaired, in);
    require(repaired == expected);
    require(is_utf8(repaired));

    utf8_validator bytewise;
    std::size_t failed_at = in.size();
    for (std::size_t i = 0; i < in.size() && failed_at == in.size(); ++i)
        if (!bytewise.feed(in.substr(i, 1))) failed_at = i;
    require((failed_at != in.size()) == broken);
    require(bytewise.complete() == (!broken && !cut));

    // In pieces of sizes taken from the input itself: fails in the piece with the failing byte.
    utf8_validator piecewise;
    for (std::size_t at = 0; at < in.size();) {
        auto const n = std::size_t{1} + static_cast<unsigned char>(in[at]) % 23;
        bool const ok = piecewise.feed(in.substr(at, n));
        at += n;
        require(ok == (failed_at == in.size() || at <= failed_at));
        if (!ok) return 0;
    }
    require(piecewise.complete() == bytewise.complete());
    return 0;
}

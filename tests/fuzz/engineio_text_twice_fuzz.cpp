// Text encoded twice comes back; what is taken for it is what would be written, surrogates aside.
#include "core/utf8.hpp"
#include "engineio/text_twice.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace anywire;
using namespace anywire::engineio;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const in{reinterpret_cast<char const*>(data), size};

    std::string repaired;
    if (!append_repaired(repaired, in, 3 * size)) std::abort();
    if (!is_utf8(repaired) || (is_utf8(in) && repaired != in)) std::abort();
    std::string bounded;
    if (append_repaired(bounded, in, size) && bounded.size() > size) std::abort();

    std::string twice;
    append_text_twice(twice, repaired);
    std::string once;
    if (!is_utf8(twice) || !decode_text_twice(twice, once) || once != repaired) std::abort();

    if (decode_text_twice(repaired, once)) {
        std::string again;
        append_text_twice(again, once);
        auto const has_replaced = once.find("\xef\xbf\xbd") != once.npos;
        if (!is_utf8(once) || again.size() != repaired.size()) std::abort();
        if (again != repaired && !has_replaced) std::abort();
    } else if (is_ascii(repaired)) {
        std::abort();
    }
    return 0;
}

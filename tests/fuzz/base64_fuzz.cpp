// decode_base64 is the inverse of append_base64, and accepts nothing longer than it should.
#include "core/base64.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace anywire;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const in{reinterpret_cast<char const*>(data), size};

    std::string coded;
    append_base64(coded, in);
    auto const back = decode_base64(coded);
    if (!back || *back != in) std::abort();
    if (is_base64_of_16_bytes(coded) != (size == 16)) std::abort();

    if (auto const decoded = decode_base64(in)) {
        if (decoded->size() > in.size() * 3 / 4) std::abort();
        // What decodes is, but for padding and the bits under it, what would be written.
        std::string again;
        append_base64(again, *decoded);
        auto const whole = in.find('=') == in.npos ? in.size() : in.find('=');
        if (whole != 0 && again.compare(0, whole - 1, in, 0, whole - 1) != 0) std::abort();
    } else if (is_base64_of_16_bytes(in)) {
        std::abort();
    }
    return 0;
}

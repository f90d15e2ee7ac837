// A fuzz target with a fault for each way in which one may end.
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const in(reinterpret_cast<char const*>(data), size);
    if (in.find("abort!") != in.npos) std::abort();
    if (in.find("throw!") != in.npos) throw std::runtime_error("thrown");
    if (in.find("wild!!") != in.npos) {
        char volatile* volatile nowhere = nullptr;
        *nowhere = 1;
    }
    if (in.find("signed") != in.npos) {
        // Only a sanitizer minds; the others get what it would end in.
        int volatile most = 0x7fffffff;
        most = most + 1;
        std::abort();
    }
    return 0;
}

// Whatever clients of a STOMP server send and do, and its application: it does what a model of it
// does, sends nothing that is no frame, and in the end nothing is left. Each byte is a choice: of
// what is done, of the frames that are sent, of the bytes of those that are none.
#include "support/stomp_walk.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace {

struct choices {
    std::uint8_t const* at;
    std::uint8_t const* end;

    bool is_done() const { return at == end; }
    std::size_t operator()(std::size_t n) {
        std::size_t drawn = is_done() ? 0 : *at++;
        if (n > 256 && !is_done()) drawn = drawn * 256 + *at++;
        return drawn % n;
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size > 4'000) return 0;
    choices source{data, data + size};
    try {
        static bool const shows = std::getenv("ANYWIRE_STOMP_SHOW") != nullptr;
        anywire::test::stomp_walk walk([&](std::size_t n) { return source(n); }, shows);
        while (!source.is_done()) walk.step();
        walk.finish();
    } catch (anywire::test::model_broken const& e) {
        std::fprintf(stderr, "%s\n", e.what());
        std::abort();
    }
    return 0;
}

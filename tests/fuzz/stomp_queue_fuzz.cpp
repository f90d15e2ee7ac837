// Whatever is done with queues, in whatever order: they do what a model of them does, and each
// message is settled once, or lost. Each byte is one choice.
#include "support/queue_walk.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>

namespace {

struct choices {
    std::uint8_t const* at;
    std::uint8_t const* end;

    bool is_done() const { return at == end; }
    std::size_t operator()(std::size_t n) { return is_done() ? 0 : *at++ % n; }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size > 1'000) return 0;
    choices source{data, data + size};
    try {
        anywire::test::queue_walk walk(source);
        while (!source.is_done()) walk.step();
        walk.finish();
    } catch (std::exception const& e) {
        std::fprintf(stderr, "%s\n", e.what());
        std::abort();
    }
    return 0;
}

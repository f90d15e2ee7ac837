// Whatever happens to an Engine.IO session and its upgrade: no message is lost, doubled or out of
// order while the session lives, one close follows the open, no transport is touched after its end.
#include "support/engineio_machine.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::size_t at = 0;
    std::size_t beyond = 0;
    // Behind the input's end a counter: bytes that never change would end in one branch for ever.
    auto const next = [&]() -> unsigned {
        return at < size ? data[at++] : static_cast<unsigned>(++beyond);
    };
    anywire::test::engineio_machine m(next, size / 2);
    m.run();
    if (m.failure().empty()) return 0;
    std::fprintf(stderr, "%s\n", m.failure().c_str());
    std::abort();
}

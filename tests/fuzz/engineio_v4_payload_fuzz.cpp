// A v4 body reads as its pieces do one by one, and what was read survives being written.
#include "engineio_packets.hpp"

#include <cstdint>

using namespace anywire::engineio;
using namespace anywire::test;

namespace {

// The plain way: cut first, decode then.
read_result read_plainly(std::string body) {
    read_result out;
    std::string scratch;
    body.push_back('\x1e');
    while (!body.empty()) {
        auto const cut = body.find('\x1e');
        auto const p = decode_frame(revision::v4, body.substr(0, cut), false, scratch);
        if (!p) {
            out.failed = true;
            break;
        }
        // The data points into a temporary, but for base64.
        auto const text = body.substr(1, cut - 1);
        out.packets.push_back({p->type, p->binary, p->binary ? scratch : text});
        if (p->type == packet_type::close) break;
        body.erase(0, cut + 1);
    }
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const body{reinterpret_cast<char const*>(data), size};
    auto const read = read_all(revision::v4, body, false);
    if (size <= 4096) require(read == read_plainly(std::string(body)));  // quadratic
    check_round_trip(revision::v4, read);
    auto const bytes = read_all(revision::v4, body, true);
    require(bytes.failed && bytes.packets.empty());
    return 0;
}

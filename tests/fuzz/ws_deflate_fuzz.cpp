// What is deflated inflates to itself; garbage inflates to something bounded, however it is cut.
#include "websocket/deflate.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace anywire;
using namespace anywire::websocket;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

struct outcome {
    std::string out{};
    error_code ec{};
};

outcome inflated(inflater& i, std::string_view payload, std::size_t piece, std::size_t max_out) {
    outcome o;
    while (!payload.empty() && !o.ec) {
        auto const n = std::min(piece, payload.size());
        o.ec = i.inflate(payload.substr(0, n), o.out, max_out);
        payload.remove_prefix(n);
    }
    if (!o.ec) o.ec = i.finish(o.out, max_out);
    require(o.out.size() <= max_out + 1);
    require(o.out.capacity() <= std::max<std::size_t>(max_out + 1, 30));
    require((o.ec == errc::message_too_big) == (o.out.size() == max_out + 1) ||
            o.ec == errc::bad_deflate);
    return o;
}

void round_trip(std::string_view in, deflate_params const& agreed, int level, std::size_t piece) {
    deflater d{agreed, level, 8};
    inflater i{agreed};
    // As three messages, so that the window carries over, one of them empty now and then.
    for (std::size_t part = 0; part < 3; ++part) {
        auto const message = in.substr(in.size() * part / 3, in.size() / 3 + part % 2);
        std::string payload;
        d.compress(message, payload);
        auto const o = inflated(i, payload, piece, message.size());
        require(!o.ec && o.out == message);
    }
}

void garbage(std::string_view in, deflate_params const& agreed, std::size_t piece) {
    constexpr std::size_t max_out = 50'000;
    inflater whole{agreed};
    inflater cut{agreed};
    // Two messages, that the second meets whatever state the first left behind.
    for (auto const message : {in.substr(0, in.size() / 2), in.substr(in.size() / 2)}) {
        auto const a = inflated(whole, message, message.size() + 1, max_out);
        auto const b = inflated(cut, message, piece, max_out);
        require(a.ec == b.ec && a.out == b.out);
        if (a.ec) return;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size < 2) return 0;
    std::string_view const in{reinterpret_cast<char const*>(data) + 2, size - 2};
    deflate_params const agreed{.server_no_context_takeover = (data[0] & 1) != 0,
                                .client_no_context_takeover = (data[0] & 1) != 0,
                                .server_max_window_bits = 9 + data[0] / 2 % 7,
                                .client_max_window_bits = 9 + data[0] / 2 % 7};
    auto const piece = std::size_t{1} + data[1] % 64;
    if (data[0] >= 128)
        round_trip(in, agreed, data[1] / 16 % 10, piece);
    else
        garbage(in, agreed, piece);
    return 0;
}

// What a backend's stream brings does not depend on the pieces it comes in, is never longer than
// the limit, and is what was framed; what a client sends never becomes two messages.
#include "core/utf8.hpp"
#include "framing.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

using namespace anywire::gateway;

namespace {

void require(bool is_true) {
    if (!is_true) std::abort();
}

struct outcome {
    std::vector<std::string> messages{};
    deframed end = deframed::nothing;

    bool operator==(outcome const&) const = default;
};

bool take(outcome& out, deframed_message const& m, framing_options const& options) {
    if (m.what != deframed::message) {
        out.end = m.what;
        return false;
    }
    require(m.data.size() <= options.max_message);
    require(options.binary || anywire::is_utf8(m.data));
    out.messages.emplace_back(m.data);
    return true;
}

outcome read_all(framing_options const& options, std::string_view bytes, std::size_t step) {
    outcome out;
    deframer d(options);
    while (!bytes.empty()) {
        auto piece = bytes.substr(0, step);
        bytes.remove_prefix(piece.size());
        while (take(out, d.next(piece), options)) {
        }
        if (out.end != deframed::nothing) return out;
        require(piece.empty());
    }
    take(out, d.finish(), options);
    require(d.finish().what == (out.end == deframed::message ? deframed::nothing : out.end));
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size < 2) return 0;
    std::string_view const bytes(reinterpret_cast<char const*>(data) + 2, size - 2);
    framing_options const options{
        .kind = (data[0] & 1u) != 0 ? framing_kind::length32 : framing_kind::lines,
        .binary = (data[0] & 2u) != 0,
        .max_message = std::size_t{data[1]}};
    auto const whole = read_all(options, bytes, bytes.size() + 1);
    for (auto const step : {std::size_t{1}, std::size_t{3}, std::size_t{1} + (data[0] >> 2u)})
        require(read_all(options, bytes, step) == whole);

    // Framed once more, messages are the same.
    std::string again;
    outcome expected;
    for (auto const& m : whole.messages) {
        if (append_framed(again, options.kind, m) == unframed::no)
            expected.messages.push_back(m);
        else
            require(m.find('\r') != m.npos);
    }
    require(read_all(options, again, again.size() + 1) == expected);
    return 0;
}

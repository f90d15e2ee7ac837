// However a body is cut, its lines and events are the same, and no more is kept than the limit. The
// first byte is a quarter of the limit, the next two are the cuts.
#include "sockjs/body_readers.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

using namespace anywire;
using namespace anywire::sockjs;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

std::string text_of(std::string_view line) {
    return std::string{line};
}
std::string text_of(event_stream_reader::event const& e) {
    return std::string{e.type} + '\0' + std::string{e.data};
}

std::size_t kept(line_reader const&) {
    return 0;
}
std::size_t kept(event_stream_reader const& reader) {
    return reader.kept_bytes();
}

template <class Reader>
std::vector<std::string> read(std::string_view bytes, std::string_view cuts, std::size_t limit) {
    Reader reader{limit};
    std::vector<std::string> out;
    for (std::size_t i = 0; !bytes.empty(); ++i) {
        auto const size = cuts.empty()
                              ? bytes.size()
                              : std::size_t{1} + static_cast<unsigned char>(cuts[i % cuts.size()]);
        // A heap copy of the exact size, so that AddressSanitizer sees every step outside.
        auto const front = bytes.substr(0, size);
        std::vector<char> const piece(front.begin(), front.end());
        bytes.remove_prefix(piece.size());
        std::string_view in{piece.data(), piece.size()};
        while (auto const one = reader.next(in)) {
            out.push_back(text_of(*one));
            require(out.back().size() <= 2 * limit + 16);
        }
        require(in.empty());
        require(kept(reader) <= 3 * limit + 32);
    }
    if (reader.error()) out.emplace_back("error");
    return out;
}

template <class Reader>
void compare(std::string_view bytes, std::string_view cuts, std::size_t limit) {
    require(read<Reader>(bytes, {}, limit) == read<Reader>(bytes, cuts, limit));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size < 3) return 0;
    std::string_view const in{reinterpret_cast<char const*>(data), size};
    auto const limit = std::size_t{data[0]} * 4;
    auto const bytes = in.substr(3);
    compare<line_reader>(bytes, in.substr(1, 2), limit);
    compare<event_stream_reader>(bytes, in.substr(1, 2), limit);
    std::string room;
    require(decode_event_data(bytes, room).size() <= bytes.size());
    return 0;
}

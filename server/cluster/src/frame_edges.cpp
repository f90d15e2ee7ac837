#include "frame_edges.hpp"

#include <algorithm>

namespace anywire::relay {

std::size_t frame_edges::feed(std::string_view bytes, bool stops) noexcept {
    std::size_t used = 0;
    while (used < bytes.size() && !(stops && is_edge())) {
        if (left_ > 0) {
            auto const n = std::min<std::uint64_t>(left_, bytes.size() - used);
            left_ -= n;
            used += static_cast<std::size_t>(n);
            continue;
        }
        take_head(static_cast<std::uint8_t>(bytes[used++]));
    }
    return used;
}

void frame_edges::take_head(std::uint8_t byte) noexcept {
    auto const at = head_size_++;
    if (at == 1) {
        auto const size = byte & 0x7fu;
        auto const extra = size == 126 ? 2u : size == 127 ? 8u : 0u;
        auto const mask = (byte & 0x80u) != 0 ? 4u : 0u;
        length_ = extra == 0 ? size : 0;
        head_wanted_ = static_cast<std::uint8_t>(2 + extra + mask);
        length_end_ = static_cast<std::uint8_t>(2 + extra);
    } else if (at > 1 && at < length_end_) {
        length_ = length_ << 8 | byte;
    }
    if (head_size_ < head_wanted_) return;
    left_ = length_;
    head_size_ = 0;
    head_wanted_ = 2;
}

}  // namespace anywire::relay

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace anywire::relay {

/// Finds where WebSocket frames end among bytes that come in pieces of any size.
///
/// Spec: RFC 6455, 5.2. Lengths are believed as they come: nothing is kept of a frame.
class frame_edges {
public:
    /// Whether the bytes until now end with a frame.
    bool is_edge() const noexcept { return head_size_ == 0 && left_ == 0; }
    /// Goes through `bytes`; with `stops` no further than the first end of a frame, which may lie
    /// before them. How many those are.
    std::size_t feed(std::string_view bytes, bool stops) noexcept;

private:
    void take_head(std::uint8_t byte) noexcept;

    std::uint64_t left_ = 0;        // of the payload
    std::uint64_t length_ = 0;      // of the payload, as far as it is known
    std::uint8_t head_size_ = 0;    // bytes of the head that have come; 0 between frames
    std::uint8_t head_wanted_ = 2;  // bytes of the head in all, as far as it is known
    std::uint8_t length_end_ = 2;   // bytes of the head before its mask
};

}  // namespace anywire::relay

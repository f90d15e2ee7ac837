#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace anywire::websocket {

/// Whether what a peer is sent is worth compressing.
///
/// To compress is the dearest that a message can cause: 2 to 20 ns a byte, some ten times what it
/// takes to inflate it. Whose messages become many times what was sent for them gets its answers as
/// they are, until it has sent as much as they are worth, or time has passed. A peer that is sent
/// much and sends little itself is not concerned.
class compression_budget {
public:
    /// Bytes of messages that each byte received is worth: more than most text compresses to.
    static constexpr std::uint32_t ratio = 4;
    /// Bytes that they may be beyond that, and as many may be paid for and not be there yet.
    static constexpr std::uint32_t burst = 256u * 1024;

    /// Bytes came from the peer.
    void received(std::size_t bytes) noexcept {
        paid_ = at_most(paid_ + std::uint64_t{bytes} * ratio, 0xffffffff);
    }
    /// They have become a message of so many.
    void heard(std::size_t message) noexcept {
        auto const all = excess_ + std::uint64_t{message};
        auto const used = at_most(all, paid_);
        excess_ = at_most(all - used, 0xffffffff);
        paid_ = at_most(paid_ - used, burst);
    }
    /// So many are forgiven, for the time that has passed.
    void forgive(std::uint64_t bytes) noexcept { excess_ -= at_most(bytes, excess_); }

    bool is_used_up() const noexcept { return excess_ > burst; }
    std::uint32_t excess() const noexcept { return excess_; }

private:
    static std::uint32_t at_most(std::uint64_t bytes, std::uint32_t most) noexcept {
        return static_cast<std::uint32_t>(std::min<std::uint64_t>(bytes, most));
    }

    std::uint32_t paid_ = 0;    // bytes that the next messages may be for what was received
    std::uint32_t excess_ = 0;  // bytes of messages beyond what was received for them
};

}  // namespace anywire::websocket

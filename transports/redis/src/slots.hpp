#pragma once

#include <anywire/redis/reply.hpp>

#include "dialer.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::redis {

/// Spec: Redis cluster specification, "Key distribution model": CRC-16/XMODEM.
[[nodiscard]] std::uint16_t crc16(std::string_view bytes) noexcept;

constexpr std::uint16_t slot_count = 16'384;

/// The slot of a key: of what is in its first braces, if that is not empty.
///
/// Spec: Redis cluster specification, "Hash tags".
[[nodiscard]] std::uint16_t slot_of(std::string_view key) noexcept;

/// "host:port", "[::1]:port", "::1:port", or a host alone, whose port is `otherwise`.
[[nodiscard]] std::optional<dial_target> parse_address(std::string_view text,
                                                       std::uint16_t otherwise);

/// Where an error of the cluster sends a command: "MOVED 3999 127.0.0.1:6381", or "ASK ...".
struct redirection {
    std::uint16_t slot = 0;
    dial_target to{};
};
/// `from` has sent it: a host that is not named is its own.
///
/// Errors: nothing where the text is neither, or makes no sense.
[[nodiscard]] std::optional<redirection> parse_redirection(std::string_view error,
                                                           dial_target const& from);

/// Which master serves which slot.
class slot_map {
public:
    /// Reads the answer to CLUSTER SLOTS, which `from` has given.
    ///
    /// Errors: nothing where the answer makes no sense, or names no master.
    static std::optional<slot_map> read(reply const& answer, dial_target const& from);

    /// Null where nobody does.
    dial_target const* master_of(std::uint16_t slot) const noexcept {
        auto const which = owners_[slot];
        return which == 0 ? nullptr : &masters_[which - 1u];
    }
    /// What a MOVED has said.
    void move(redirection const& r);
    std::vector<dial_target> const& masters() const noexcept { return masters_; }
    bool is_master(dial_target const& which) const noexcept;

private:
    /// As many as a cluster may have: a further one is not taken.
    static constexpr std::size_t most_masters = 1'000;

    std::uint16_t index_of(dial_target const& master);

    std::vector<dial_target> masters_{};
    std::array<std::uint16_t, slot_count> owners_{};  // index and one; 0 for none
};

}  // namespace anywire::redis

#pragma once

#include "core/siphash.hpp"
#include "node_mark.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace anywire::relay {

/// What nodes that share a secret make of it.
///
/// Thread: constant.
class shared_secret {
public:
    static constexpr std::size_t least = 16;  ///< Bytes of a secret.

    /// Throws: `std::invalid_argument` for one that is too short, `std::runtime_error` where
    ///         OpenSSL has no HMAC-SHA256.
    explicit shared_secret(std::string secret);

    /// Bytes that a connection between two nodes begins with, before TLS and HTTP.
    static constexpr std::size_t ticket_size = 8 + 2 * node_id_size + 32;
    /// That of `from`, for `to` alone: it is of no use at another node, nor at the same one when
    /// that has begun anew.
    [[nodiscard]] std::string ticket(node_number from, node_number to) const;
    /// Whether it is one for `to`. Takes as long for a wrong one as for a good one.
    [[nodiscard]] bool accepts(std::string_view ticket, node_number to) const;

    /// The key by which session ids are marked.
    [[nodiscard]] siphash_key mark_key() const;

private:
    std::array<char, 32> seal(std::string_view text) const;

    std::string secret_;
};

}  // namespace anywire::relay

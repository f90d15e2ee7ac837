#pragma once

#include <boost/unordered/unordered_flat_map.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace anywire::gateway {

/// What has become of the WebSockets of a client that now comes over HTTP.
enum class fallback_kind : std::uint8_t {
    no_handshake,  ///< None was asked for lately.
    refused,       ///< The handshake was answered with another status than 101.
    lost,          ///< It was open and broke, without a goodbye.
    unused,        ///< The client closed it before any message: it may have waited in vain.
    still_open,    ///< It is open on this side.
    choice,        ///< It worked, and the client has ended it.
};

/// Why a session begins over HTTP, as far as the gateway can know.
struct fallback_reason {
    fallback_kind kind = fallback_kind::no_handshake;
    unsigned status = 0;                 ///< Of a refusal.
    std::chrono::milliseconds lived{0};  ///< How long the WebSocket was open.

    /// In words, as the log says it: "its WebSocket was lost after 0.2 s".
    [[nodiscard]] std::string text() const;
};

/// How a WebSocket ended.
enum class websocket_end : std::uint8_t { goodbye, lost };

/// Remembers for a while what the WebSockets of clients came to, so that the log can say why a
/// session came over HTTP. Clients are told apart by address and user agent: those behind one NAT
/// may be taken for each other.
///
/// Reads no clock. Thread: any: what follows a WebSocket may come to another shard.
/// Limits: remembers the last `capacity` clients at least, twice as many at most, 40 bytes each;
///         what is older than `memory` counts as nothing.
/// Cost:   constant.
class fallback_notes {
public:
    using time = std::chrono::steady_clock::time_point;
    using key = std::uint64_t;
    static constexpr std::chrono::seconds memory{60};

    /// `secret` keys the hash of what clients choose.
    explicit fallback_notes(std::array<std::uint64_t, 2> const& secret,
                            std::size_t capacity = 4'096);

    [[nodiscard]] key key_of(std::string_view address, std::string_view user_agent) const;

    void on_websocket_refused(key of, time now, unsigned status);
    void on_websocket_opened(key of, time now);
    /// `messages` counts both ways.
    void on_websocket_ended(
        key of, time opened, time now, std::uint64_t messages, websocket_end how);

    [[nodiscard]] fallback_reason reason_for(key of, time now) const;
    [[nodiscard]] std::size_t size() const;

private:
    struct note {
        time at{};
        fallback_reason what{};
        std::uint32_t open = 0;
    };
    struct as_it_is {  // the key is a hash already
        using is_avalanching = void;
        std::size_t operator()(key k) const noexcept { return static_cast<std::size_t>(k); }
    };
    using table = boost::unordered_flat_map<key, note, as_it_is>;

    note& obtain(key of);

    std::array<std::uint64_t, 2> const secret_;
    std::size_t const capacity_;
    mutable std::mutex mutex_{};
    table young_{};
    table old_{};  // dropped when `young_` is full, and replaced by it
};

}  // namespace anywire::gateway

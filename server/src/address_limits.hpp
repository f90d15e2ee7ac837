#pragma once

#include "connection.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string_view>

namespace anywire {

/// What a client is counted by: an IPv4 address, or the /64 network of an IPv6 one, since whoever
/// has an IPv6 address has the others of its network. What is no address shares one key.
std::uint64_t address_key(std::string_view address) noexcept;

/// Whether limits per address are for this one: not for "unix:", which says nothing of who it is.
bool is_limited_address(std::string_view address) noexcept;

/// How much each address has of something, over all shards; used only when that is limited.
///
/// Thread: any.
class address_counts {
public:
    /// False when `address` has `most` already; else counts one more.
    bool try_add(std::string_view address, std::size_t most);
    void add(std::string_view address);
    void remove(std::string_view address) noexcept { remove(address_key(address)); }
    void remove(std::uint64_t key) noexcept;
    std::size_t of(std::string_view address) const;
    /// Addresses that have anything.
    std::size_t size() const;

private:
    mutable std::mutex mutex_{};
    std::map<std::uint64_t, std::size_t> counts_{};  // ordered: clients choose their addresses
};

/// One counted connection or request of an address; counts until it is destroyed.
class address_ticket final : public connection_ticket {
public:
    /// Null when the address has `most` already.
    static std::unique_ptr<address_ticket> take(address_counts& counts,
                                                std::string_view address,
                                                std::size_t most);
    ~address_ticket() override { counts_.remove(key_); }
    address_ticket(address_ticket const&) = delete;
    address_ticket& operator=(address_ticket const&) = delete;

private:
    address_ticket(address_counts& counts, std::uint64_t key) noexcept
        : counts_(counts), key_(key) {}

    address_counts& counts_;
    std::uint64_t key_;
};

/// How fast sessions may be opened: in all, and by each address.
///
/// A bucket each: it holds what may come at once and fills up evenly. What is remembered of an
/// address is forgotten when its bucket is full again.
/// Thread: any.
class handshake_rate {
public:
    using time_point = std::chrono::steady_clock::time_point;
    enum class verdict : std::uint8_t { good, too_many_of_address, too_many };

    /// Rates a second; 0 is no limit. Unused ones of up to `burst` may come at once.
    void set(std::size_t in_all, std::size_t of_address, std::chrono::milliseconds burst) noexcept;

    /// Takes one if both buckets have one. `counts_address` is false for what shares an address
    /// with everybody.
    verdict take(std::string_view address, bool counts_address, time_point now);

    /// Addresses that are remembered.
    std::size_t size() const;

private:
    /// A bucket is the time at which it will be full again.
    struct rate {
        std::chrono::nanoseconds interval{0};  // 0: no limit
        std::chrono::nanoseconds depth{0};     // so far ahead of now it may be, before one is taken

        bool is_limited() const noexcept { return interval.count() != 0; }
        bool has_one(time_point full, time_point now) const noexcept { return full - now <= depth; }
        time_point less_one(time_point full, time_point now) const noexcept {
            return (full < now ? now : full) + interval;
        }
    };
    static rate make_rate(std::size_t per_second, std::chrono::milliseconds burst) noexcept;
    void forget_full(time_point now);
    time_point full_of(std::uint64_t key, time_point now) const;

    rate all_{};
    rate each_{};
    mutable std::mutex mutex_{};
    time_point all_full_{};
    // What was not touched for as long as a bucket takes to fill is full: two generations.
    std::map<std::uint64_t, time_point> young_{};
    std::map<std::uint64_t, time_point> old_{};
    time_point aged_{};
};

}  // namespace anywire

#include "address_limits.hpp"

#include "address_text.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace anywire {

std::uint64_t address_key(std::string_view address) noexcept {
    // An IPv4 address is put where IPv6 has multicast, from which nobody connects.
    constexpr std::uint64_t v4 = 0xffff'ffff'0000'0000;
    constexpr std::uint64_t unknown = 0xffff'fffe'0000'0000;
    constexpr std::size_t longest = 45;  // of an IPv6 address in text
    auto const size = std::min(address.find('%'), address.size());
    if (size > longest) return unknown;
    char text[longest + 1]{};
    std::copy_n(address.begin(), size, text);
    boost::system::error_code ec;
    auto const ip = net::ip::make_address(text, ec);
    if (ec) return unknown;
    if (ip.is_v4()) return v4 | ip.to_v4().to_uint();
    auto const bytes = ip.to_v6().to_bytes();
    if (ip.to_v6().is_v4_mapped()) {
        std::uint64_t mapped = 0;
        for (std::size_t i = 12; i < 16; ++i) mapped = mapped << 8 | bytes[i];
        return v4 | mapped;
    }
    std::uint64_t network = 0;
    for (std::size_t i = 0; i < 8; ++i) network = network << 8 | bytes[i];
    return network;
}

bool is_limited_address(std::string_view address) noexcept {
    return address != http::unix_address;
}

// -- counts ---------------------------------------------------------------------------------------

bool address_counts::try_add(std::string_view address, std::size_t most) {
    std::scoped_lock const lock(mutex_);
    auto const key = address_key(address);
    if (auto const found = counts_.find(key); found != counts_.end()) {
        if (found->second >= most) return false;
        ++found->second;
    } else {
        counts_.emplace(key, 1);
    }
    return true;
}

void address_counts::add(std::string_view address) {
    std::scoped_lock const lock(mutex_);
    ++counts_[address_key(address)];
}

void address_counts::remove(std::uint64_t key) noexcept {
    std::scoped_lock const lock(mutex_);
    auto const found = counts_.find(key);
    if (found != counts_.end() && --found->second == 0) counts_.erase(found);
}

std::size_t address_counts::of(std::string_view address) const {
    std::scoped_lock const lock(mutex_);
    auto const found = counts_.find(address_key(address));
    return found == counts_.end() ? 0 : found->second;
}

std::size_t address_counts::size() const {
    std::scoped_lock const lock(mutex_);
    return counts_.size();
}

std::unique_ptr<address_ticket> address_ticket::take(address_counts& counts,
                                                     std::string_view address,
                                                     std::size_t most) {
    if (!counts.try_add(address, most)) return nullptr;
    auto const key = address_key(address);
    try {
        return std::unique_ptr<address_ticket>(new address_ticket(counts, key));
    } catch (...) {
        counts.remove(key);
        throw;
    }
}

// -- rates ----------------------------------------------------------------------------------------

handshake_rate::rate handshake_rate::make_rate(std::size_t per_second,
                                               std::chrono::milliseconds burst) noexcept {
    using namespace std::chrono_literals;
    if (per_second == 0) return {};
    auto const most = static_cast<std::size_t>(std::chrono::nanoseconds(1s).count());
    std::chrono::nanoseconds const interval(most / std::min(per_second, most));
    // One fits in whenever the bucket is full, however short the burst.
    return {interval, std::max<std::chrono::nanoseconds>(burst - interval, 0ns)};
}

void handshake_rate::set(std::size_t in_all,
                         std::size_t of_address,
                         std::chrono::milliseconds burst) noexcept {
    std::scoped_lock const lock(mutex_);
    all_ = make_rate(in_all, burst);
    each_ = make_rate(of_address, burst);
}

void handshake_rate::forget_full(time_point now) {
    auto const generation = each_.depth + each_.interval;
    if (now - aged_ < generation) return;
    old_ = now - aged_ < 2 * generation ? std::exchange(young_, {})
                                        : std::map<std::uint64_t, time_point>{};
    young_.clear();
    aged_ = now;
}

handshake_rate::time_point handshake_rate::full_of(std::uint64_t key, time_point now) const {
    if (auto const found = young_.find(key); found != young_.end()) return found->second;
    auto const found = old_.find(key);
    return found == old_.end() ? now : found->second;
}

handshake_rate::verdict handshake_rate::take(std::string_view address,
                                             bool counts_address,
                                             time_point now) {
    std::scoped_lock const lock(mutex_);
    auto const counts = counts_address && each_.is_limited();
    auto const key = counts ? address_key(address) : 0;
    auto each_full = now;
    if (counts) {
        forget_full(now);
        each_full = full_of(key, now);
        if (!each_.has_one(each_full, now)) return verdict::too_many_of_address;
    }
    if (all_.is_limited()) {
        if (!all_.has_one(all_full_, now)) return verdict::too_many;
        all_full_ = all_.less_one(all_full_, now);
    }
    if (counts) young_[key] = each_.less_one(each_full, now);
    return verdict::good;
}

std::size_t handshake_rate::size() const {
    std::scoped_lock const lock(mutex_);
    return young_.size() + old_.size();
}

}  // namespace anywire

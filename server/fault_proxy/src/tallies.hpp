#pragma once

#include <anywire/fault_proxy.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire::testing {

/// One key's traffic. Only the proxy's thread writes, so that adding takes a lock but never waits
/// long.
struct tally {
    traffic seen{};
    std::uint64_t last_used = 0;
};

/// What is counted, by key.
///
/// Thread: any.
class tallies {
public:
    explicit tallies(std::size_t most) noexcept : most_(most) {}

    /// The tally of a key, made if it is not there.
    std::shared_ptr<tally> at(std::string const& key);
    /// Adds to one of the counters.
    void add(tally& to, std::uint64_t traffic::*what, std::uint64_t n = 1);

    traffic of(std::string_view key) const;
    std::vector<std::pair<std::string, traffic>> below(std::string_view prefix) const;

private:
    void forget_oldest();

    std::size_t most_;
    mutable std::mutex mutex_{};
    std::uint64_t clock_ = 0;
    std::map<std::string, std::shared_ptr<tally>, std::less<>> all_{};
};

}  // namespace anywire::testing

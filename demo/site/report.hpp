#pragma once

#include <anywire/fault_proxy.hpp>

#include "lab.hpp"
#include "process_view.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace demo {

/// What the page is told and what it may ask for, as JSON texts.

/// What the page needs to start with.
std::string hello(std::vector<std::uint16_t> const& lanes,
                  unsigned shards,
                  bool tls,
                  std::size_t nodes);

/// The settings, as `"faults":{...}` has them.
std::string json_of(anywire::testing::fault_settings const& s);

/// The server's own view, made twice a second for all visitors.
class server_report {
public:
    /// Returns one JSON object.
    std::string make(lab const& measured, anywire::testing::fault_proxy const& proxy);

    /// Notes what memory the process takes with no session; to be called now and then.
    void look_when_idle(lab const& measured, anywire::testing::fault_proxy const& proxy);

private:
    process_meter meter_{};
    double idle_heap_ = 0;  ///< With no session in the lab.
};

/// Traffic below a visitor's tag: an object by mount name.
std::string traffic_of(anywire::testing::fault_proxy const& proxy, std::string_view tag);

/// What a visitor has asked for.
struct wish {
    enum class kind : std::uint8_t { nothing, tag, faults, cut, restart, kill_node, start_node };
    kind what = kind::nothing;
    std::string tag{};
    anywire::testing::fault_settings faults{};
    std::chrono::milliseconds down{0};
    std::size_t node = 0;
};
wish wish_of(std::string_view sent);

/// Whether a text may be a visitor's tag: 4 to 16 letters and digits.
bool is_tag(std::string_view text) noexcept;

}  // namespace demo

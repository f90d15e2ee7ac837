#pragma once

#include <anywire/log.hpp>

#include "gate.hpp"
#include "gateway_numbers.hpp"
#include "settings.hpp"

#include <functional>
#include <memory>
#include <string>

namespace anywire::gateway {

/// The listener for operators: "/" is the status page, "/metrics" the numbers, "/health" says
/// whether clients can be served, "/health/live" whether the process lives, "/health/haproxy" the
/// same as "/health", but with 404 while it leaves; and where applications publish. On a thread of
/// its own, so that it answers while the shards are busy.
///
/// Thread: made and destroyed on one thread; `numbers` is called on its own.
class admin {
public:
    /// Throws: `std::system_error` for an address that cannot be bound.
    admin(admin_settings const& settings,
          log_sink log,
          std::function<gateway_numbers()> numbers,
          std::vector<publish_route> publishers);
    admin(admin const&) = delete;
    admin& operator=(admin const&) = delete;
    ~admin();

    std::string url() const;

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace anywire::gateway

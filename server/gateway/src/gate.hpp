#pragma once

#include <anywire/error.hpp>
#include <anywire/http.hpp>
#include <anywire/log.hpp>

#include "gateway_numbers.hpp"
#include "settings.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace anywire::gateway {

/// Where an application POSTs what its clients shall get.
struct publish_route {
    std::string path{};
    route_handler handler{};
    std::size_t max_body = 0;
};

/// The gateway at work: a server, with bridges in place of an application.
///
/// Thread: made and run on one thread; `drain` and `stop` from any.
class gate {
public:
    /// Binds its listeners. Nothing of the log is written before `run`.
    ///
    /// Throws: `std::invalid_argument` for settings that cannot be used (`check_settings` says
    /// why),
    ///         `std::system_error` for an address that cannot be bound.
    explicit gate(gateway_settings settings, log_sink log = {});
    gate(gate const&) = delete;
    gate& operator=(gate const&) = delete;
    ~gate();

    /// Serves until `stop`, or until a drain is through.
    void run();
    /// Is not ready any more; after the settings' `drain_delay` refuses new sessions, tells each
    /// client goodbye, and ends within their `drain`.
    void drain();
    void stop();

    /// Goes on with other settings: sessions that are there end as they began. Tells the log what
    /// has changed, and what takes a restart. Thread: any.
    ///
    /// Throws: `std::invalid_argument` for settings that cannot be used; some of it may have been
    ///         carried out then.
    void reload(gateway_settings settings);
    /// What the admin listener serves for applications. Thread: any.
    std::vector<publish_route> publishers();

    /// Opens the access log anew, after logrotate has moved it. Thread: any.
    error_code reopen_log();
    /// What has been counted. Thread: any, while it runs.
    gateway_numbers numbers() const;

    std::size_t listener_count() const;
    std::uint16_t port(std::size_t listener = 0) const;
    std::string url(std::size_t listener = 0) const;

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace anywire::gateway

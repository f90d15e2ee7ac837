#pragma once

#include <anywire/redis/endpoint_bus.hpp>

#include "bus/bus_message.hpp"
#include "core/log_throttle.hpp"
#include "pending_requests.hpp"
#include "port.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace anywire::redis {

/// What connects an endpoint with those of its name on other servers.
///
/// Thread: any. It may outlive its bus, so it asks for the endpoint each time.
class bus_link final : public std::enable_shared_from_this<bus_link> {
public:
    using names_fn = local_sessions::names_fn;
    using count_fn = local_sessions::count_fn;

    bus_link(std::shared_ptr<port> at, local_sessions& here, endpoint_bus_options const& with);
    bus_link(bus_link const&) = delete;
    bus_link& operator=(bus_link const&) = delete;

    void open();
    void close();
    void broadcast(message_ptr const& packet, audience const& to, send_flags const& flags);
    /// Asks all servers for names: `local` gives those here.
    void ask_names(bus_message question,
                   std::function<void(local_sessions&, names_fn)> const& local,
                   names_fn then);
    void ask_count(audience of, count_fn then);

private:
    using pending = std::shared_ptr<pending_request>;

    void ask(bus_message question,
             std::function<void(pending const&)> const& local,
             pending_request::done_fn done);
    void expect_answers(pending const& one);
    void on_message(channel_message const& m);
    void on_answer(channel_message const& m);
    bool decode(channel_message const& m, bus_message& out);
    void take_broadcast(bus_message& m);
    void take_question(bus_message& m);
    void answer(bus_message const& question, bus_message m);
    void publish(std::string const& channel, bus_message const& m);
    bus_message make(bus_kind k) const;

    template <class Fn>
    void with_here(Fn fn) const {
        if (auto const kept = handle_.lock()) fn(here_);
    }

    local_sessions& here_;
    std::weak_ptr<void const> handle_;
    std::shared_ptr<port> port_;
    endpoint_bus_options options_;
    std::string channel_;
    std::string uid_;
    pending_requests requests_;
    std::atomic<bool> is_closed_{false};
    log_throttle throttle_{};
    subscription everybody_{};
    subscription own_{};
    subscription ends_{};
};

/// As `endpoint_bus`.
[[nodiscard]] bus_maker make_endpoint_bus(std::shared_ptr<port> at, endpoint_bus_options with);

}  // namespace anywire::redis

#pragma once

#include "bus_core.hpp"
#include "random_pool.hpp"

#include <memory>
#include <mutex>
#include <string>

namespace anywire::mesh {

/// A bus, as adapters and endpoints use it, and what all handles of it share. Kinds of channels are
/// all the same to it, and there are no patterns.
class bus_port final : public redis::port {
public:
    /// `own` is `on`, or null where that is the program's.
    bus_port(std::unique_ptr<client_context> own, client_context& on, unix_bus_options const& with);
    bus_port(bus_port const&) = delete;
    bus_port& operator=(bus_port const&) = delete;
    ~bus_port() override;

    std::string const& node() const noexcept { return node_; }
    unix_bus_health health() const;

    std::string_view name() const noexcept override { return "unix_bus"; }
    void publish(redis::channel_kind kind, std::string channel, std::string payload) override;
    redis::subscription subscribe(redis::channel_kind kind,
                                  std::string channel,
                                  message_handler on_message) override;
    void count_subscribers(redis::channel_kind kind, std::string channel, count_fn done) override;
    bool is_ready() const override { return true; }
    bool sees_servers() const noexcept override { return true; }
    void list_channels(std::string prefix,
                       std::function<void(std::vector<std::string>)> done) override;
    redis::subscription watch_ends(std::string prefix,
                                   std::function<void(std::string_view)> on_end) override;
    redis::subscription after(std::chrono::milliseconds delay, std::function<void()> fn) override;
    tick now() const override;
    void log(log_level level, std::string_view line) override;
    void draw_random(std::span<unsigned char> to) override;

private:
    template <class Who, class Function>
    redis::subscription make_end(std::shared_ptr<Who> who, Function remove);

    std::unique_ptr<client_context> own_;
    std::string node_;
    std::shared_ptr<bus_core> core_;
    std::mutex mutex_{};
    random_pool random_{};
};

}  // namespace anywire::mesh

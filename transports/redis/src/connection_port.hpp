#pragma once

#include "port.hpp"
#include "random_pool.hpp"

#include <memory>
#include <mutex>

namespace anywire::redis {

/// A connection, as adapters and buses use it.
class connection_port final : public stream_port {
public:
    explicit connection_port(connection redis) : redis_(std::move(redis)) {}

    void command(std::vector<std::string> args, answer_fn done) override;
    void transaction(std::vector<std::vector<std::string>> commands, answer_fn done) override;
    void publish(channel_kind kind, std::string channel, std::string payload) override;
    subscription subscribe(channel_kind kind,
                           std::string channel,
                           connection::message_handler on_message) override;
    void count_subscribers(channel_kind kind, std::string channel, count_fn done) override;
    subscription read_stream(stream_options what, connection::entry_handler on_entry) override;
    subscription watch(std::function<void(state_change const&)> on_change) override;
    bool is_ready() const override;
    subscription after(std::chrono::milliseconds delay, std::function<void()> fn) override;
    tick now() const override;
    void log(log_level level, std::string_view line) override;
    void draw_random(std::span<unsigned char> to) override;

private:
    connection redis_;
    std::mutex mutex_{};
    random_pool random_{};
};

}  // namespace anywire::redis

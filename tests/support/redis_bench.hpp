#pragma once

#include <anywire/redis/connection.hpp>

#include "support/redis_server.hpp"
#include "support/running_server.hpp"

#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace anywire::test {

/// What a command has come to.
struct redis_outcome {
    error_code error{};
    redis::reply answer{};
};

/// Comes back soon. Silence is noticed late: a machine that is busy is no server that is lost.
inline redis::options quick_redis(std::string url) {
    redis::options o{.url = std::move(url)};
    o.ping_interval = patience;
    o.command_timeout = patience;
    o.reconnect.delay = std::chrono::milliseconds{25};
    o.reconnect.delay_max = std::chrono::milliseconds{100};
    return o;
}

/// A connection on a thread of its own, and what is noted of it: "ready ...", "lost ...",
/// "message <channel> <payload>", "subscribed <channel>".
class redis_bench {
public:
    explicit redis_bench(redis::options o)
        : connection(
              std::move(o),
              log_sink{.level = log_level::info, .write = [this](log_level, std::string_view line) {
                           log.add(std::string(line));
                       }}) {
        watch_ = connection.watch([this](redis::state_change const& c) {
            constexpr char const* names[] = {"connecting ", "ready ", "lost ", "closed "};
            seen.add(names[static_cast<int>(c.now)] + c.text);
        });
    }

    template <class... Words>
    std::future<redis_outcome> begin(Words... words) {
        auto done = std::make_shared<std::promise<redis_outcome>>();
        auto out = done->get_future();
        connection.command({std::string(words)...}, [done](error_code ec, redis::reply r) {
            done->set_value({ec, std::move(r)});
        });
        return out;
    }
    template <class... Words>
    redis_outcome run(Words... words) {
        return wait(begin(words...));
    }
    template <class Result>
    static Result wait(std::future<Result> of) {
        if (of.wait_for(patience) != std::future_status::ready)
            throw std::runtime_error("a command to Redis has no answer");
        return of.get();
    }
    /// Waits until all that was posted to the connection is done.
    void wait_for_turn() {
        auto done = std::make_shared<std::promise<bool>>();
        auto out = done->get_future();
        connection.post([done] { done->set_value(true); });
        (void)wait(std::move(out));
    }
    std::uint64_t count(std::string channel,
                        redis::channel_kind kind = redis::channel_kind::plain) {
        auto done = std::make_shared<std::promise<std::uint64_t>>();
        auto out = done->get_future();
        connection.count_subscribers(
            std::move(channel), kind, [done](error_code ec, std::uint64_t n) {
                done->set_value(ec ? 0 : n);
            });
        return wait(std::move(out));
    }
    redis::subscription subscribe(std::string channel,
                                  redis::channel_kind kind = redis::channel_kind::plain,
                                  std::string const& as = "message") {
        return connection.subscribe(
            kind,
            channel,
            [this, as](redis::channel_message const& m) {
                seen.add(as + " " + std::string(m.channel) + " " + std::string(m.payload));
            },
            [this, channel](error_code ec) {
                seen.add((ec ? "refused " + ec.message() + " " : std::string("subscribed ")) +
                         channel);
            });
    }
    redis::subscription read_stream(redis::stream_options what) {
        return connection.read_stream(
            std::move(what),
            [this](redis::stream_entry const& e) {
                std::string line = "entry";
                for (auto const& [name, value] : e.fields) line += " " + name + "=" + value;
                seen.add(line);
            },
            [this](error_code ec) { seen.add(ec ? "refused " + ec.message() : "reading"); });
    }

    notes seen{};
    notes log{};
    redis::connection connection;

private:
    redis::subscription watch_{};
};

}  // namespace anywire::test

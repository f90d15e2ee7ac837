#include "connection_port.hpp"

#include <anywire/redis/emitter.hpp>

#include "adapters/pubsub_link.hpp"
#include "adapters/sharded_link.hpp"
#include "adapters/streams_link.hpp"
#include "bus/bus_link.hpp"

#include <utility>

namespace anywire::redis {

void connection_port::command(std::vector<std::string> args, answer_fn done) {
    redis_.command(std::move(args), std::move(done));
}

void connection_port::transaction(std::vector<std::vector<std::string>> commands, answer_fn done) {
    redis_.transaction(std::move(commands), std::move(done));
}

void connection_port::publish(channel_kind kind, std::string channel, std::string payload) {
    if (kind == channel_kind::sharded)
        redis_.spublish(std::move(channel), std::move(payload));
    else
        redis_.publish(std::move(channel), std::move(payload));
}

subscription connection_port::subscribe(channel_kind kind,
                                        std::string channel,
                                        connection::message_handler on_message) {
    // What Redis refuses for good is a line in the connection's log.
    auto told = [redis = redis_, channel](error_code e) mutable {
        if (e && e != errc::closed)
            redis.log(log_level::error,
                      "redis: channel '" + channel + "' is not subscribed to: " + e.message());
    };
    return redis_.subscribe(kind, channel, std::move(on_message), std::move(told));
}

void connection_port::count_subscribers(channel_kind kind, std::string channel, count_fn done) {
    redis_.count_subscribers(std::move(channel), kind, std::move(done));
}

subscription connection_port::read_stream(stream_options what, connection::entry_handler on_entry) {
    return redis_.read_stream(std::move(what), std::move(on_entry));
}

subscription connection_port::watch(std::function<void(state_change const&)> on_change) {
    return redis_.watch(std::move(on_change));
}

bool connection_port::is_ready() const {
    return redis_.current_state() == state::ready;
}

subscription connection_port::after(std::chrono::milliseconds delay, std::function<void()> fn) {
    return redis_.after(delay, std::move(fn));
}

tick connection_port::now() const {
    auto const since = std::chrono::steady_clock::now().time_since_epoch();
    return to_ticks(std::chrono::duration_cast<std::chrono::milliseconds>(since));
}

void connection_port::log(log_level level, std::string_view line) {
    redis_.log(level, std::string(line));
}

void connection_port::draw_random(std::span<unsigned char> to) {
    std::scoped_lock const lock(mutex_);
    random_(to);
}

// -- what is made of a connection -----------------------------------------------------------------

adapter_maker pubsub_adapter(connection redis, pubsub_options with) {
    return make_pubsub_adapter(std::make_shared<connection_port>(std::move(redis)),
                               std::move(with));
}

adapter_maker sharded_adapter(connection redis, sharded_options with) {
    return make_sharded_adapter(std::make_shared<connection_port>(std::move(redis)),
                                std::move(with));
}

adapter_maker streams_adapter(connection redis, streams_options with) {
    return make_streams_adapter(std::make_shared<connection_port>(std::move(redis)),
                                std::move(with));
}

emitter::emitter(connection redis, emitter_options with)
    : emitter(std::make_shared<connection_port>(std::move(redis)), std::move(with)) {}

bus_maker endpoint_bus(connection redis, endpoint_bus_options with) {
    return make_endpoint_bus(std::make_shared<connection_port>(std::move(redis)), std::move(with));
}

}  // namespace anywire::redis

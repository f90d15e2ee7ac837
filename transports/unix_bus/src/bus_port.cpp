#include "bus_port.hpp"

#include "adapters/sharded_link.hpp"
#include "bus/bus_link.hpp"

#include <array>
#include <stdexcept>
#include <unistd.h>
#include <utility>

namespace anywire {
namespace mesh {
namespace {

void check(unix_bus_options const& o) {
    using ms = std::chrono::milliseconds;
    auto const require = [](bool held, char const* what) {
        if (!held) throw std::invalid_argument(std::string("unix_bus_options: ") + what);
    };
    constexpr std::size_t longest = 1u << 30;
    require(o.max_message_bytes > 0 && o.max_message_bytes <= longest,
            "max_message_bytes must be 1 to 1 GiB");
    require(o.max_queued_bytes >= o.max_message_bytes,
            "max_queued_bytes must have room for max_message_bytes");
    require(o.max_nodes > 0 && o.max_channels > 0, "max_nodes and max_channels must not be 0");
    require(o.look_every > ms{0} && o.patience > ms{0} && o.retry_after > ms{0},
            "look_every, patience and retry_after must be longer than 0");
}

/// The process' number, for whoever looks into the folder, and what nobody else has.
std::string draw_node_name() {
    constexpr std::string_view digits = "0123456789abcdef";
    std::array<unsigned char, 8> bytes{};
    random_pool{}(bytes);
    auto out = std::to_string(::getpid()) + "-";
    for (auto const b : bytes) {
        out.push_back(digits[b >> 4u]);
        out.push_back(digits[b & 15u]);
    }
    return out;
}

}  // namespace

bus_port::bus_port(std::unique_ptr<client_context> own,
                   client_context& on,
                   unix_bus_options const& with)
    : own_(std::move(own)), node_(draw_node_name()) {
    check(with);
    core_ = std::make_shared<bus_core>(on, with, std::make_shared<node_folder>(with.folder, node_));
    core_->begin();
}

bus_port::~bus_port() {
    if (core_) client_access::end(std::move(own_), core_->leave());
}

unix_bus_health bus_port::health() const {
    auto const& c = core_->counts();
    return {.nodes = c.nodes,
            .queued_bytes = c.queued_bytes,
            .sent = c.sent,
            .received = c.received,
            .dropped = c.dropped,
            .lost = c.lost,
            .refused = c.refused};
}

template <class Who, class Function>
redis::subscription bus_port::make_end(std::shared_ptr<Who> who, Function remove) {
    return redis::subscription([weak = std::weak_ptr(core_), who = std::move(who), remove] {
        who->is_gone = true;
        if (auto const alive = weak.lock())
            alive->post([who, remove](bus_core& c) { remove(c, *who); });
    });
}

void bus_port::publish(redis::channel_kind, std::string channel, std::string payload) {
    core_->publish(channel, payload, now());
}

redis::subscription bus_port::subscribe(redis::channel_kind,
                                        std::string channel,
                                        message_handler on_message) {
    auto who = std::make_shared<bus_subscriber>();
    who->on_message = std::move(on_message);
    core_->post([channel, who](bus_core& c) { c.subscribe(channel, who); });
    return make_end(
        who, [channel](bus_core& c, bus_subscriber const& gone) { c.unsubscribe(channel, gone); });
}

void bus_port::count_subscribers(redis::channel_kind, std::string channel, count_fn done) {
    core_->post([channel = std::move(channel), done = std::move(done)](bus_core& c) mutable {
        c.count(std::move(channel), std::move(done));
    });
}

void bus_port::list_channels(std::string prefix,
                             std::function<void(std::vector<std::string>)> done) {
    core_->post([prefix = std::move(prefix), done = std::move(done)](bus_core& c) mutable {
        c.list(std::move(prefix), std::move(done));
    });
}

redis::subscription bus_port::watch_ends(std::string prefix,
                                         std::function<void(std::string_view)> on_end) {
    auto who = std::make_shared<end_watcher>();
    who->prefix = std::move(prefix);
    who->on_end = std::move(on_end);
    core_->post([who](bus_core& c) { c.watch(who); });
    return make_end(who, [](bus_core& c, end_watcher const& gone) { c.stop_watching(gone); });
}

redis::subscription bus_port::after(std::chrono::milliseconds delay, std::function<void()> fn) {
    auto const what = std::make_shared<bus_timer>(core_->weak_from_this(), std::move(fn));
    core_->post([delay, what](bus_core& c) { c.wait(delay, what); });
    return make_end(what, [](bus_core& c, bus_timer& gone) { c.stop_waiting(gone); });
}

tick bus_port::now() const {
    auto const since = std::chrono::steady_clock::now().time_since_epoch();
    return to_ticks(std::chrono::duration_cast<std::chrono::milliseconds>(since));
}

void bus_port::log(log_level level, std::string_view line) {
    core_->post([level, line = std::string(line)](bus_core& c) { c.log(level, line); });
}

void bus_port::draw_random(std::span<unsigned char> to) {
    std::scoped_lock const lock(mutex_);
    random_(to);
}

}  // namespace mesh

// -- the handle -----------------------------------------------------------------------------------

unix_bus::unix_bus(unix_bus_options with, log_sink log) {
    auto own = std::make_unique<client_context>(std::move(log));
    auto& on = *own;
    port_ = std::make_shared<mesh::bus_port>(std::move(own), on, with);
}

unix_bus::unix_bus(client_context& on, unix_bus_options with)
    : port_(std::make_shared<mesh::bus_port>(nullptr, on, with)) {}

adapter_maker unix_bus::socketio_adapter(adapter_options with, std::string prefix) const {
    // Every node hears every broadcast: a room of another node's needs no subscription of its own.
    return redis::make_sharded_adapter(port_,
                                       {.channel_prefix = std::move(prefix),
                                        .mode = redis::subscription_mode::fixed,
                                        .common = std::move(with)});
}

bus_maker unix_bus::endpoint_bus(endpoint_bus_options with) const {
    return redis::make_endpoint_bus(port_, std::move(with));
}

std::string const& unix_bus::node() const noexcept {
    return port_->node();
}

unix_bus_health unix_bus::health() const {
    return port_->health();
}

}  // namespace anywire

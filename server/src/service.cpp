#include <anywire/service.hpp>

#include "answering.hpp"
#include "mount_point.hpp"
#include "service_core.hpp"
#include "service_shards.hpp"
#include "session/endpoint_hub.hpp"
#include "shard.hpp"
#include "ticker.hpp"

#include <stdexcept>
#include <utility>

namespace anywire {

service::service(service_options options)
    : core_(std::make_unique<service_core>(std::move(options))) {}

service::~service() {
    tear_down();
}

void service::tear_down() noexcept {
    if (core_->is_going) return;
    {
        std::scoped_lock const lock(core_->mutex);
        core_->tickers.clear();
    }
    for (auto const& fn : core_->at_end) fn();
    core_->end_hubs();
    core_->is_going = true;
    for (auto const& s : core_->shards) s->tear_down();
    core_->shards.clear();
}

void service::begin() {
    core_->begin();
}

endpoint service::add_dialect(std::string path, mount_maker const& make, bool replaces) {
    return core_->mount(make(core_->place(std::move(path))), {}, replaces);
}

endpoint service::add_sharing(std::string path,
                              endpoint const& with,
                              sharing_maker const& make,
                              bool replaces) {
    std::scoped_lock const lock(core_->changing);
    auto const& hub = with.hub_;
    if (!hub || !hub->lives_on(*core_->group_of_shards()))
        throw std::invalid_argument("mount '" + path +
                                    "': the endpoint to share is none of this service");
    auto const app = hub->app();
    if (!app)
        throw std::invalid_argument("mount '" + path +
                                    "': the endpoint to share is mounted nowhere any more");
    return core_->mount(make(core_->place(std::move(path)), *app), hub, replaces);
}

void service::unmount(std::string path) {
    core_->unmount(std::move(path), nullptr);
}

void service::unmount(std::string path, endpoint const& of) {
    if (!of.hub_)
        throw std::invalid_argument("unmount '" + path + "': the endpoint is mounted nowhere");
    core_->unmount(std::move(path), of.hub_.get());
}

void service::set_limits(server_limits const& limits) {
    core_->set_limits(limits);
}

void service::when_changed(std::function<void()> then) {
    if (!then)
        throw std::invalid_argument("service::when_changed: the function given to it is empty");
    core_->when_changed(std::move(then));
}

bool service::owns(std::string_view target) const noexcept {
    return is_served(*core_, target);
}

std::size_t service::max_body(std::string_view target) const noexcept {
    return max_body_of(*core_, target);
}

std::size_t service::shard_of(std::string_view target) const {
    return core_->shard_for(target);
}

void service::every(std::chrono::milliseconds period, handler<void()> fn) {
    if (!fn) throw std::invalid_argument("server::every: the function given to it is empty");
    auto& first = *core_->shards.front();
    auto const t = std::make_shared<ticker>(first, to_ticks(period), std::move(fn).take());
    {
        std::scoped_lock const lock(core_->mutex);
        core_->tickers.push_back(t);
    }
    first.post([t, &first] { t->start(first.loop().now()); });
}

void service::drain(drain_options how, std::function<void()> then) {
    auto const spread = how.spread.count() > 0 ? how.spread : how.deadline / 2;
    core_->call_at_end(std::move(then));
    core_->draining = true;
    for (auto const& s : core_->shards)
        s->post([&s = *s, how, spread] { s.drain(to_ticks(how.deadline), to_ticks(spread)); });
}

void service::stop(std::function<void()> then) {
    core_->call_at_end(std::move(then));
    core_->draining = true;
    for (auto const& s : core_->shards) s->post([&s = *s] { s.stop(); });
}

}  // namespace anywire

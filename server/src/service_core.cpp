#include "service_core.hpp"

#include "host_list.hpp"
#include "mount_point.hpp"
#include "serve_request.hpp"
#include "service_shards.hpp"
#include "session/endpoint_hub.hpp"
#include "session/session_base.hpp"
#include "shard.hpp"
#include "ticker.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace anywire {
std::string clean_prefix(std::string path) {
    if (!path.starts_with('/'))
        throw std::invalid_argument("mount '" + path + "': a path starts with '/'");
    while (path.ends_with('/')) path.pop_back();
    return path;
}

void address_census::on_added(session_base const& s) {
    sessions_.add(s.request().remote_address());
}
void address_census::on_retired(session_base const& s) noexcept {
    sessions_.remove(s.request().remote_address());
}

service_core::service_core(service_options o)
    : options(std::move(o)), bounds_(std::make_shared<service_bounds const>(options.limits)) {
    require_service_option(
        std::all_of(options.hosts.begin(), options.hosts.end(), http::is_host_option),
        "hosts must be names such as example.com, *.example.com or [::1]:8080, without a scheme");
    auto const ranges = http::address_ranges::parse(options.trusted_proxies);
    require_service_option(
        ranges.has_value(),
        "trusted_proxies must be IP addresses, networks such as 10.0.0.0/8, or unix:");
    trusted = *ranges;
    take_over(*bounds_);
    queues.relieve = [this] {
        relieving = shards.size();
        for (auto const& s : shards)
            s->post([this, &loop = s->loop()] {
                loop.relieve();
                if (--relieving == 0) queues.asked = false;
            });
    };
}

service_core::~service_core() = default;

void service_core::take_over(service_bounds const& b) {
    handshakes.set(b.limits.max_handshakes_per_second,
                   b.limits.max_handshakes_per_second_per_address,
                   b.limits.handshake_burst);
    queues.most = b.max_queued_total;
}

shard& service_core::shard_here() const {
    for (auto const& s : shards)
        if (s->is_here()) return *s;
    throw std::logic_error(
        "service::serve on a thread that is in none of the service's executors: post it to one");
}

shard& service_core::add(std::unique_ptr<shard> s) {
    s->loop().share(queues);
    shards.push_back(std::move(s));
    return *shards.back();
}

void service_core::begin() {
    if (has_begun) return;
    std::scoped_lock const lock(changing);
    has_begun = true;
}

void service_core::require_setup(std::string_view path) const {
    if (has_begun)
        throw std::logic_error("mount '" + std::string(path) +
                               "' after run: a socketio::server has to be mounted before");
}

mount_place service_core::place(std::string path) {
    return {*this, clean_prefix(std::move(path)), next_mount.fetch_add(1)};
}

std::shared_ptr<service_shards> service_core::group_of_shards() {
    std::scoped_lock const lock(changing);
    if (!group) {
        group = std::make_shared<service_shards>(*this);
        at_end.emplace_back([kept = group] { kept->end(); });
    }
    return group;
}

void service_core::call_at_end(std::function<void()> fn) {
    if (!fn) return;
    {
        std::scoped_lock const lock(mutex);
        if (ended != shards.size()) return when_ended.push_back(std::move(fn));
    }
    fn();
}

void service_core::on_shard_ended() {
    std::vector<std::function<void()>> then;
    {
        std::scoped_lock const lock(mutex);
        if (++ended != shards.size()) return;
        then.swap(when_ended);
    }
    for (auto const& fn : then) fn();
}

}  // namespace anywire

#include "service_core.hpp"

#include "host_list.hpp"
#include "memory_limit.hpp"
#include "mount_point.hpp"
#include "serve_request.hpp"
#include "service_shards.hpp"
#include "session/endpoint_hub.hpp"
#include "session/session_base.hpp"
#include "shard.hpp"
#include "ticker.hpp"

#include <algorithm>
#include <stdexcept>
#include <sys/resource.h>
#include <utility>

namespace anywire {
namespace {

using namespace std::chrono_literals;

/// What a session may take of the memory, with its connection and what the kernel keeps for it.
constexpr std::size_t memory_of_session = std::size_t{16} * 1024;

void check(service_options const& o) {
    auto const require = require_service_option;
    require(o.limits.header >= 256 && o.limits.header <= (1u << 20),
            "limits.header must be 256 bytes to 1 MiB");
    require(
        std::all_of(o.hosts.begin(), o.hosts.end(), http::is_host_option),
        "hosts must be names such as example.com, *.example.com or [::1]:8080, without a scheme");
    require(o.limits.header_fields >= 1, "limits.header_fields must be at least 1");
    for (auto const d : {o.limits.tls_handshake,
                         o.limits.request_head,
                         o.limits.request_body,
                         o.limits.keep_alive})
        require(d.count() > 0, "times in limits must be positive");
    require(o.limits.handshake_burst.count() >= 0 && o.limits.handshake_burst <= 24h,
            "limits.handshake_burst must be 0 to 24 hours");
    require(o.limits.slow_event.count() >= 0, "limits.slow_event must not be negative");
}

std::size_t descriptor_limit() noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return 1u << 20;
    return std::max<std::size_t>(static_cast<std::size_t>(limit.rlim_cur), 128) - 64;
}

http_settings settings_of(server_limits const& l) {
    return {.request = {.header = l.header,
                        .line = l.header,
                        .body = 0,
                        .chunk_overhead = l.chunk_overhead,
                        .fields = l.header_fields},
            .tls_handshake = to_ticks(l.tls_handshake),
            .request_head = to_ticks(l.request_head),
            .request_body = to_ticks(l.request_body),
            .keep_alive = to_ticks(l.keep_alive)};
}

std::string taken(route_target const& m, route_target const& there) {
    auto text = "mount '" + m.prefix() + "': the path is taken";
    if (there.claim().empty() || m.claim().empty()) return text;
    return text.append(" by a mount for ").append(there.claim());
}

}  // namespace

void require_service_option(bool good, char const* what) {
    if (!good) throw std::invalid_argument(std::string("server_options: ") + what);
}

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

service_core::service_core(service_options o) : options(std::move(o)) {
    check(options);
    auto const ranges = http::address_ranges::parse(options.trusted_proxies);
    require_service_option(
        ranges.has_value(),
        "trusted_proxies must be IP addresses, networks such as 10.0.0.0/8, or unix:");
    trusted = *ranges;
    auto const& limits = options.limits;
    http = settings_of(limits);
    max_connections = limits.max_connections != 0 ? limits.max_connections : descriptor_limit();
    max_sessions =
        limits.max_sessions != 0 ? limits.max_sessions : memory_limit() / memory_of_session;
    handshakes.set(limits.max_handshakes_per_second,
                   limits.max_handshakes_per_second_per_address,
                   limits.handshake_burst);
    queues.most = limits.max_queued_total != 0 ? limits.max_queued_total : memory_limit() / 4;
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

std::size_t service_core::shard_for(std::string_view target) const {
    if (shards.size() == 1) return 0;
    auto* const to = routes.find(asked_for::target(target));
    auto const id = to ? to->session_named_by(target) : std::string{};
    if (!id.empty()) return owner(id).index();
    return next_shard.fetch_add(1, std::memory_order_relaxed) % shards.size();
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

void service_core::require_setup(std::string_view what, std::string_view path) const {
    if (has_begun)
        throw std::logic_error(std::string(what) + " '" + std::string(path) +
                               "' after run: whatever is served has to be set up before");
}

mount_place service_core::place(std::string path) {
    return {*this, clean_prefix(std::move(path)), mounts.size()};
}

void service_core::add_target(std::string_view what, std::shared_ptr<route_target> target) {
    auto const prefix = target->prefix();
    if (routes.add(std::move(target)))
        throw std::invalid_argument(std::string(what) + " '" + prefix + "': the path is taken");
}

std::shared_ptr<service_shards> service_core::group_of_shards() {
    if (!group) {
        group = std::make_shared<service_shards>(*this);
        at_end.emplace_back([kept = group] { kept->end(); });
    }
    return group;
}

endpoint service_core::add(std::shared_ptr<mount_point> const& m,
                           std::shared_ptr<endpoint_hub> hub) {
    // Enough for who only broadcasts, but most likely those of another mount, or moved from.
    auto const& app = m->app();
    if (!app.on_open && !app.on_message && !app.on_close && !app.on_drain && !app.authorize)
        shards.front()->log().write(log_level::info,
                                    "mount '",
                                    m->prefix(),
                                    "': no handler is set, so what clients send is ignored");
    if (auto const* const there = routes.add(m)) throw std::invalid_argument(taken(*m, *there));
    mounts.push_back(m);
    http.request.body = routes.largest_body();
    if (options.limits.max_sessions_per_address != 0) m->counters().census = &census;
    std::vector<endpoint_core*> parts;
    for (auto const& s : shards) {
        s->add_endpoint(std::make_unique<endpoint_core>(
            s->loop(), m->app(), m->limits(), m->counters(), hash_key, m->prefix()));
        parts.push_back(&s->endpoint(m->index()));
    }
    if (!hub) {
        hub = std::make_shared<endpoint_hub>(group_of_shards(), hash_key);
        at_end.emplace_back([hub] { hub->end(); });
    }
    // The counters live as long as their mount.
    hub->add({m, &m->counters()}, m->carries_binary(), std::move(parts));
    return endpoint(std::move(hub));
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

#include "mount_point.hpp"
#include "serve_request.hpp"
#include "service_core.hpp"
#include "service_shards.hpp"
#include "session/endpoint_hub.hpp"
#include "shard.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

/// What a service serves, and how that is changed while it does.
namespace anywire {
namespace {

std::string taken(route_target const& m, route_target const& there) {
    auto text = "mount '" + m.prefix() + "': the path is taken";
    if (there.claim().empty() || m.claim().empty()) return text;
    return text.append(" by a mount for ").append(there.claim());
}

/// Enough for who only broadcasts, but most likely those of another mount, or moved from.
bool has_handlers(handlers const& app) noexcept {
    return app.on_open || app.on_message || app.on_close || app.on_drain || app.authorize;
}

void require_movable(char const* what, route_target const& t) {
    if (t.why_fixed().empty()) return;
    throw std::logic_error(std::string(what) + " '" + t.prefix() +
                           "': " + std::string(t.why_fixed()));
}

/// Something to be called when the last of those who have it is gone.
class last_call {
public:
    explicit last_call(std::function<void()> fn) noexcept : fn_(std::move(fn)) {}
    ~last_call() {
        try {
            fn_();
        } catch (...) {  // NOLINT(bugprone-empty-catch): there may be no log any more
        }
    }
    last_call(last_call const&) = delete;
    last_call& operator=(last_call const&) = delete;

private:
    std::function<void()> fn_;
};

}  // namespace

mount_record::mount_record(mount_point const& first,
                           std::size_t shards,
                           std::atomic<std::size_t>& all)
    : prefix(first.prefix()), dialect(first.dialect_name()) {
    counters.all_sessions = &all;
    for (std::size_t i = 0; i < shards; ++i)
        numbers.push_back(std::make_unique<endpoint_numbers>());
}

mount_record::~mount_record() = default;

// -- what there is --------------------------------------------------------------------------------

std::shared_ptr<router const> service_core::routes() const {
    std::scoped_lock const lock(current_);
    return routes_;
}

std::shared_ptr<service_bounds const> service_core::bounds() const {
    std::scoped_lock const lock(current_);
    return bounds_;
}

std::vector<std::shared_ptr<mount_record>> service_core::records() const {
    std::scoped_lock const lock(current_);
    return records_;
}

router const& service_core::routes_here(std::shared_ptr<router const>& kept) const {
    for (auto const& s : shards)
        if (s->is_here()) return s->routes();
    kept = routes();
    return *kept;
}

std::shared_ptr<mount_record> service_core::record_of(mount_point const& m) {
    std::scoped_lock const lock(current_);
    for (auto const& r : records_)
        if (r->prefix == m.prefix() && r->dialect == m.dialect_name()) return r;
    return records_.emplace_back(std::make_shared<mount_record>(m, shards.size(), sessions));
}

// -- changes --------------------------------------------------------------------------------------

void service_core::publish(service_change c) {
    auto const shared = std::make_shared<service_change const>(std::move(c));
    std::shared_ptr<router const> old;  // what it ends may be the application's: without a lock
    {
        std::scoped_lock const lock(current_);
        if (shared->routes) old = std::exchange(routes_, shared->routes);
        if (shared->bounds) bounds_ = shared->bounds;
    }
    auto const retires = shared->routes && !shared->routes->retired().empty();
    for (auto const& s : shards) {
        if (has_begun) {
            s->post([&s = *s, shared] {
                s.apply(*shared);
                s.watch_retired();
            });
        } else {
            s->apply(*shared);
            if (retires) s->post([&s = *s] { s.watch_retired(); });
        }
    }
}

void service_core::change(std::function<void(router&, std::vector<new_mount>&)> const& change) {
    std::scoped_lock const lock(changing);
    service_change c;
    auto next = std::make_shared<router>(*routes());
    change(*next, c.mounts);
    c.routes = std::move(next);
    publish(std::move(c));
}

void service_core::set_limits(server_limits const& limits) {
    auto const next = std::make_shared<service_bounds const>(limits);
    std::scoped_lock const lock(changing);
    take_over(*next);
    publish({.bounds = next});
}

void service_core::add_target(std::string_view what, std::shared_ptr<route_target> target) {
    change([&](router& next, auto&) {
        if (next.add(target))
            throw std::invalid_argument(std::string(what) + " '" + target->prefix() +
                                        "': the path is taken");
    });
}

endpoint service_core::mount(std::shared_ptr<mount_point> const& m,
                             std::shared_ptr<endpoint_hub> hub,
                             bool replaces) {
    std::scoped_lock const lock(changing);
    if (!hub) hub = std::make_shared<endpoint_hub>(group_of_shards(), hash_key);
    change([&](router& next, std::vector<new_mount>& mounts) {
        for (auto const* there = next.add(m); there; there = next.add(m)) {
            if (!replaces) throw std::invalid_argument(taken(*m, *there));
            require_movable("remount", *there);
            next.remove(*there);
        }
        std::erase_if(hubs_, [](auto const& h) { return h.expired(); });
        hubs_.push_back(hub);
        m->hub = hub;
        mounts.push_back({m, hub, record_of(*m)});
        hub->announce(m->carries_binary());
        hub->serve_by(m->shared_app());
    });
    if (!has_handlers(m->app())) {
        auto& first = *shards.front();
        auto say = [&log = first.log(), prefix = m->prefix()] {
            log.write(log_level::info,
                      "mount '",
                      prefix,
                      "': no handler is set, so what clients send is ignored");
        };
        has_begun ? first.post(say) : say();
    }
    return endpoint(std::move(hub));
}

void service_core::unmount(std::string path, endpoint_hub const* of) {
    auto const prefix = clean_prefix(std::move(path));
    change([&](router& next, auto&) {
        auto const all = next.at(prefix);
        auto found = false;
        for (auto const& t : all) {
            auto const* const m = dynamic_cast<mount_point const*>(t.get());
            if (of && (!m || m->hub.lock().get() != of)) continue;
            require_movable("unmount", *t);
            next.remove(*t);
            found = true;
        }
        if (!found)
            throw std::invalid_argument("unmount '" + prefix + "': nothing is mounted there" +
                                        (of ? " for that endpoint" : ""));
    });
}

void service_core::forget(mount_point const& m) {
    change([&](router& next, auto&) { next.forget(m); });
}

void service_core::when_changed(std::function<void()> then) {
    auto const call = std::make_shared<last_call>(std::move(then));
    std::scoped_lock const lock(changing);
    if (!has_begun) return;
    for (auto const& s : shards)
        if (!*s->ended()) s->post([call] {});
}

void service_core::end_hubs() noexcept {
    for (auto const& h : hubs_)
        if (auto const hub = h.lock()) hub->end();
    hubs_.clear();
}

}  // namespace anywire

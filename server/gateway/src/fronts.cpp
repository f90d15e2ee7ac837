#include "fronts.hpp"

#include "bridge.hpp"

#include <chrono>
#include <string>
#include <utility>

namespace anywire::gateway {
namespace {

/// One set serves each front; they differ in the dialect's name.
handlers bridging(std::shared_ptr<route> const& r, char const* dialect) {
    handlers h;
    h.authorize = [r, dialect](request const& from, decision d) {
        bridge::admit(r, dialect, from, std::move(d));
    };
    h.on_open = [](session& s) { bridge::of(s).on_open(s); };
    h.on_message = [](session& s, message_view m) { bridge::of(s).on_message(m); };
    h.on_drain = [](session& s) { bridge::of(s).on_drain(); };
    h.on_close = [](session& s, close_event const& how) { bridge::of(s).on_close(how); };
    return h;
}

session_limits limits_of(route_settings const& r) {
    auto limits = r.limits;
    // The backend's own time is over first, so that it is named.
    limits.authorize_timeout = r.connect_timeout * 2 + std::chrono::seconds(5);
    return limits;
}

template <class Options>
Options common(route_settings const& s) {
    Options o;
    o.limits = limits_of(s);
    o.origins = s.origins;
    o.deflate.enabled = s.compress;
    return o;
}

websocket_options websocket_of(route_settings const& s) {
    auto o = common<websocket_options>(s);
    o.ping_interval = s.heartbeat;
    o.ping_timeout = s.heartbeat_timeout;
    o.subpaths = true;
    return o;
}

sockjs_options sockjs_of(route_settings const& s) {
    auto o = common<sockjs_options>(s);
    o.heartbeat = s.heartbeat;
    o.heartbeat_timeout = s.heartbeat_timeout;
    o.sockjs_url = s.sockjs_url;
    o.cookie = s.sockjs_cookie;
    o.websocket = s.sockjs_websocket;
    o.response_limit = s.sockjs_response_limit;
    o.htmlfile = s.jsonp;
    o.jsonp = s.jsonp;
    o.avoid_204 = s.jsonp;
    return o;
}

engineio_options engineio_of(route_settings const& s) {
    auto o = common<engineio_options>(s);
    o.ping_interval = s.heartbeat;
    o.ping_timeout = s.heartbeat_timeout;
    o.eio3 = s.eio3;
    o.jsonp = s.jsonp;
    o.avoid_204 = s.jsonp;
    o.cookie.name = s.engineio_cookie;
    o.on_upgrade = [](session& from) { bridge::of(from).on_transport(); };
    return o;
}

/// One front at a path: new, in place of an older one, or gone.
template <class Options>
std::optional<endpoint> carry_over(server& on,
                                   std::string const& path,
                                   std::optional<endpoint> const& old,
                                   bool is_wanted,
                                   Options options,
                                   handlers app) {
    if (!is_wanted) {
        if (old) on.unmount(path, *old);
        return std::nullopt;
    }
    return old ? on.remount(path, std::move(options), std::move(app))
               : on.mount(path, std::move(options), std::move(app));
}

}  // namespace

served_route remount_fronts(server& to, std::shared_ptr<route> const& r, served_route const& old) {
    auto const& s = r->settings;
    served_route now{.on = r};
    now.websocket = carry_over(
        to, s.path, old.websocket, s.websocket, websocket_of(s), bridging(r, "websocket"));
    now.engineio =
        carry_over(to, s.path, old.engineio, s.engineio, engineio_of(s), bridging(r, "engineio"));
    now.sockjs = carry_over(to, s.path, old.sockjs, s.sockjs, sockjs_of(s), bridging(r, "sockjs"));
    return now;
}

served_route mount_fronts(server& to, std::shared_ptr<route> const& r) {
    return remount_fronts(to, r, {});
}

void unmount_fronts(server& from, served_route const& old) {
    for (auto const& e : old.endpoints()) from.unmount(old.on->settings.path, e);
}

}  // namespace anywire::gateway

#pragma once

#include <anywire/handlers.hpp>
#include <anywire/options.hpp>

#include <concepts>
#include <memory>
#include <string>

namespace anywire {

class mount_point;
class service;
struct mount_place;

// What puts each dialect on a path. A program links only those that it mounts.
std::shared_ptr<mount_point> make_mount(mount_place const& at,
                                        websocket_options options,
                                        handlers app);
std::shared_ptr<mount_point> make_mount(mount_place const& at,
                                        sockjs_options options,
                                        handlers app);
std::shared_ptr<mount_point> make_mount(mount_place const& at,
                                        engineio_options options,
                                        handlers app);
namespace socketio {
class server;
void mount_on(service& to, std::string path, server const& io);
}  // namespace socketio
namespace stomp {
class server;
class tcp_listener;
handlers attach(service& to, server const& broker);
}  // namespace stomp

/// A layer that serves the sessions of several mounts, of whatever dialect: `handlers_on(service&,
/// layer, options&)`, found by its namespace, gives the handlers of one more mount.
template <class Layer, class Dialect>
concept layer_over = requires(service& to, Layer const& layer, Dialect& options) {
    { handlers_on(to, layer, options) } -> std::same_as<handlers>;
};

}  // namespace anywire

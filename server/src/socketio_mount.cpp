#include <anywire/service.hpp>
#include <anywire/socketio.hpp>

#include "client_files.hpp"
#include "mount_point.hpp"
#include "service_core.hpp"
#include "service_shards.hpp"
#include "socketio/server/io_core.hpp"

#include <memory>
#include <utility>

namespace anywire {
namespace {

void attach(service_core& core, mount_point const& mount, socketio::server const& io) {
    auto const shards = core.group_of_shards();
    io.io()->attach(shards, mount.prefix());
    core.at_end.emplace_back([kept = io.io()] { kept->on_shards_gone(); });
}

}  // namespace

/// Engine.IO with `io` over it, which is attached once the mount is in place: one that is refused
/// leaves `io` as it was.
void socketio::mount_on(service& to, std::string path, socketio::server const& io) {
    auto& core = to.core();
    core.require_setup(path);
    io.io()->check_unmounted();
    auto const& o = io.io()->opts();
    engineio_upper upper{.has_json = !o.parser};
    if (!o.client_files.empty()) {
        auto const files = std::make_shared<client_files const>(o.client_files);
        upper.first = [files](incoming const& in) { return files->serve(in); };
    }
    auto const mount = make_engineio_mount(core.place(std::move(path)),
                                           o.engine,
                                           socketio::io_core::handlers_for_mount(io.io()),
                                           std::move(upper));
    mount->fix("a socketio::server stays where it is mounted");
    core.mount(mount, {}, false);
    attach(core, *mount, io);
}

}  // namespace anywire

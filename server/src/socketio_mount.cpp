#include <anywire/socketio.hpp>

#include "client_files.hpp"
#include "mount_point.hpp"
#include "server_core.hpp"
#include "shard.hpp"
#include "socketio_server/io_core.hpp"

#include <utility>

namespace anywire {
namespace {

class mounted_shards final : public socketio::shard_group {
public:
    explicit mounted_shards(server_core& core) noexcept : core_(core) {}

    std::size_t count() const noexcept override { return core_.shards.size(); }
    std::size_t here() const noexcept override {
        if (!core_.is_going)
            for (std::size_t i = 0; i < core_.shards.size(); ++i)
                if (core_.shards[i]->is_here()) return i;
        return nowhere;
    }
    void post(std::size_t shard, std::function<void()> fn) override {
        if (!core_.is_going) core_.shards[shard]->post(std::move(fn));
    }
    session_loop& loop(std::size_t shard) override { return core_.shards[shard]->loop(); }

private:
    server_core& core_;
};

}  // namespace

std::shared_ptr<mount_point> make_socketio_mount(server_core& core,
                                                 std::string prefix,
                                                 std::size_t index,
                                                 socketio::server const& io) {
    auto const& o = io.io()->opts();
    std::function<bool(incoming const&)> first;
    if (!o.client_files.empty()) {
        auto const files = std::make_shared<client_files const>(o.client_files);
        first = [files](incoming const& in) { return files->serve(in); };
    }
    io.io()->attach(std::make_shared<mounted_shards>(core));
    return make_engineio_mount(core,
                               std::move(prefix),
                               index,
                               o.engine,
                               io.io()->handlers_for_mount(),
                               std::move(first));
}

}  // namespace anywire

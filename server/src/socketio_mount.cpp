#include <anywire/socketio.hpp>

#include "client_files.hpp"
#include "mount_point.hpp"
#include "server_core.hpp"
#include "shard.hpp"
#include "socketio_server/io_core.hpp"

#include <mutex>
#include <shared_mutex>
#include <utility>

namespace anywire {
namespace {

/// The shards of a server, for as long as there are any: what the application keeps of a Socket.IO
/// server may live longer, and may be used while the server goes.
class mounted_shards final : public socketio::shard_group {
public:
    explicit mounted_shards(server_core& core) noexcept : core_(&core) {}

    std::size_t count() const noexcept override { return core_->shards.size(); }
    bool post(std::size_t shard, std::function<void()> fn) override {
        std::shared_lock const lock(mutex_);
        if (!core_) return false;
        core_->shards[shard]->post(std::move(fn));
        return true;
    }
    session_loop& loop(std::size_t shard) override { return core_->shards[shard]->loop(); }

    void end() {
        std::scoped_lock const lock(mutex_);
        core_ = nullptr;
    }

private:
    std::shared_mutex mutex_{};
    server_core* core_;
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
    auto mount = make_engineio_mount(core,
                                     std::move(prefix),
                                     index,
                                     o.engine,
                                     socketio::io_core::handlers_for_mount(io.io()),
                                     std::move(first));
    auto const shards = std::make_shared<mounted_shards>(core);
    io.io()->attach(shards);
    core.at_end.emplace_back([shards, kept = io.io()] {
        shards->end();
        kept->on_shards_gone();
    });
    return mount;
}

}  // namespace anywire
